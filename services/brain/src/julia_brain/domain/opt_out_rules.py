"""The ways in which a doctor asks to be left alone, in the words of `wording.canonical`."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from julia_brain.domain.wording import Vocabulary, word_set


class Motivo(StrEnum):
    """Why a message was read as an opt-out."""

    STOP = "pediu para não receber mais mensagens"
    REMOVE = "pediu para sair da lista ou do cadastro"
    DATA = "não autoriza o uso dos seus dados ou pediu a exclusão"
    BLOCK = "avisou que vai bloquear ou denunciar o número"
    NOT_THE_DOCTOR = "o número não é do médico"
    MONTH = "pediu para não ser procurado neste mês"


WORDS: Final = Vocabulary(
    {
        "NEG": "nao nunca jamais nem",
        "ME": "me comigo eu nos",
        "MEU": "meu desse esse nesse do",
        "VOCE": "voce empresa equipe te lhe",
        "WANT": "quero queria desejo desejamos gostaria aceito pretendo preciso autorizo permito "
        "queremos interesse apreciaria agradeceria adoraria",
        "NEED": "precisa precisam precisar necessario necessidade carece adianta compensa perca "
        "percam perder perde",
        "SEND": "mandar enviar encaminhar disparar oferecer repassar compartilhar divulgar avisar "
        "notificar convidar anunciar",
        "Q": "mais nenhum esse desse outro novo nova novos novas futuro futura futuros futuras "
        "tanto tanta tantas tantos qualquer quaisquer tipo de do tal tais demais sequer alguma "
        "algum "
        "todo toda",
        "CALL": "chamar procurar contatar contactar perturbar incomodar importunar escrever ligar "
        "abordar encher amolar atormentar aborrecer acionar azucrinar cutucar",
        "BOTHER": "contatar contactar perturbar incomodar importunar encher amolar atormentar "
        "azucrinar abordar aborrecer cutucar",
        "RECEIVED": "contatado contatada contatados procurado procurada incomodado incomodada "
        "perturbado perturbada chamado chamada abordado abordada importunado importunada "
        "contactado contactada acionado acionada notificado notificada avisado avisada "
        "convidado convidada",
        "REMOVED": "removido removida excluido excluida retirado retirada tirado tirada apagado "
        "apagada descadastrado descadastrada deletado deletada desligado desligada",
        "MSG": "mensagem whatsapp contato ligacao spam propaganda propagandas recado recados "
        "notificacao notificacoes comunicacao comunicacoes comunicado comunicados conteudo "
        "publicidade divulgacao promocao promocoes anuncio anuncios email emails telefonema "
        "telefonemas abordagem abordagens convite convites informativo informativos disparo "
        "disparos aviso avisos",
        "VAGA": "vaga plantao oferta oportunidade proposta trabalho trabalhos emprego servico "
        "servicos escala",
        "FORMAL": "solicito peco exijo rogo favor melhor prefiro gostaria quero queria agradeceria "
        "apreciaria preferiria preferia sugiro recomendo imploro solicitamos pedimos",
        "REASON": "motivo necessidade sentido razao",
        "PROPOSE": "oferta oportunidade proposta",
        "NADA": "nada isso coisa coisas",
        "NUMBER": "numero contato telefone whatsapp nome cadastro dado email registro inscricao "
        "perfil informacoes",
        "LIST": "lista cadastro base mailing grupo contato sistema listagem plataforma programa "
        "envio envios relacao automacao transmissao disparo disparos divulgacao robo bot banco",
        "REMOVE": "tirar retirar remover excluir apagar deletar eliminar riscar descadastrar "
        "desinscrever desvincular desligar limpar arrancar descartar banir",
        "ERASE": "remover excluir descadastrar desinscrever deletar desvincular",
        "STOP": "parar cessar interromper suspender encerrar evitar stop",
        "QUIT": "parar deixar desistir cessar stop",
        "OF": "de do desse disso daqui dai dali disto",
        "ANY": "tanta tanto essa esse desse todo toda receber ver ler",
        "HOW": "como onde qual",
        "GUARD": "policia justica procon anpd delegacia ministerio reclameaqui",
        "SPOKESMAN": "secretaria secretario esposa esposo marido mulher filha filho mae pai irma "
        "irmao assistente",
        "ADD": "add adicionar incluir acrescentar colocar botar cadastrar",
        "FULL": "lotado lotada cheio cheia fechado fechada completo completa fechei impossivel "
        "fora sem chega viajando ferias indisponivel ocupado ocupada esgotado esgotada tomado "
        "corrido",
        "FED_UP": "basta cansei farto farta cansado cansada cheio cheia enjoei",
        "BREAK": ". ? ,",
        "ASKED": "mandei pedi pedir pedindo falei falar falando disse dizer avisei avisar "
        "pedido solicitado falado dito avisado solicitei solicitar repeti repetir implorei "
        "implorar",
        "WILL": "vou irei vamos estou terei teria serei",
        "SPECIALTY": "uti pediatria anestesia ortopedia ginecologia obstetricia cardiologia "
        "neurologia clinica cirurgia psiquiatria ps upa pa pronto socorro emergencia ambulatorio "
        "enfermaria gesso noturno noturna noturnos diurno diurna diurnos",
        "SHIFT": "plantao vaga escala hospital hospitais turno dia data datas agenda horario "
        "horarios semana hoje amanha sabado domingo segunda terca quarta quinta sexta fds espera "
        "feriado noite madrugada natal janeiro fevereiro marco abril maio junho julho agosto "
        "setembro outubro novembro dezembro duvida SPECIALTY",
        "GO_ON": "continuar continuarem continua continuem insistir insistirem mandar mandarem "
        "parar pararem chamar receber",
    }
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to ask; `order` says that a "não" before it turns it round.

    `soft` requests may be about the shift that was just settled ("pode parar, já fechei").
    `relayed` ones are said by somebody else for the doctor ("aqui é a secretária").
    `offer` says that what is refused are offers, where any closer description limits.
    """

    pattern: re.Pattern[str]
    motivo: Motivo
    order: bool = False
    soft: bool = False
    offer: bool = False
    limited: bool = True
    relayed: bool = False


def _rules(
    motivo: Motivo,
    *patterns: str,
    order: bool = False,
    soft: bool = False,
    offer: bool = False,
    limited: bool = True,
    relayed: bool = False,
) -> tuple[Rule, ...]:
    return tuple(
        Rule(
            WORDS.compile(pattern),
            motivo,
            order=order,
            soft=soft,
            offer=offer,
            limited=limited,
            relayed=relayed,
        )
        for pattern in patterns
    )


REFUSED: Final = (
    *_rules(
        Motivo.STOP,
        # não quero (mais) receber / ver / ser procurado
        "NEG .3 WANT .3 receber .4 MSG",
        "NEG seja/sejam/sera .2 RECEIVED",
        "NEG podem/pode .2 SEND .1 MSG",
        "NEG .1 WANT .2 contatar END",
        "NEG .1 WANT .1 papo/conversa com VOCE",
        "NEG .1 WANT .1 papo/conversa END",
        "NEG .2 WANT .3 receber .2 nada/isso/coisa/coisas",
        "NEG .2 WANT .1 mais .1 receber mais? VOCE? END",
        "NEG .2 WANT .1 receber mais VOCE? END",
        "NEG .2 WANT .3 ver/ouvir/ler .2 MSG",
        "NEG .2 WANT .3 ser mais? RECEIVED",
        "NEG .2 WANT mais? .1 ME? SEND .2 MSG/nada",
        "NEG .2 WANT .3 que .3 ME .1 CALL/SEND",
        "NEG .2 WANT .3 que .2 CALL/SEND ME/MSG",
        "NEG .2 WANT .2 que entrar em? contato",
        "NEG .1 WANT mais? nenhum? tipo? de? MSG",
        "NEG .1 WANT .1 mais .1 MSG",
        "NEG .1 WANT mais nada/saber/papo/conversa/assunto/relacao/vinculo/falar/conversar .1 "
        "com/de/disso/do VOCE/disso/isso/plantao/vaga",
        "NEG .1 WANT mais saber disso/disto/VOCE",
        "NEG .1 WANT saber/nada com/de VOCE",
        "e nem receber .2 MSG",
        "NEG .1 WANT .1 nenhum .1 MSG",
        "NEG .3 interesse em/de/para .3 receber .3 MSG/nada",
        "NEG .3 interesse em/de .1 ser RECEIVED",
        "NEG .2 interesse em/de/por .2 MSG",
        # não me mande / não me chame mais
        "NEG .1 ME? .1 SEND ME? .1 mais .1 MSG/nada",
        "NEG .1 ME? .1 SEND ME? .1 mais isso/disso/VOCE",
        "NEG .1 ME SEND mais END",
        "NEG SEND ME? mais ME? NEG? END",
        "nunca mais .1 ME? .1 SEND/CALL ME?",
        "NEG .1 ME? SEND ME? .1 MSG",
        "NEG .1 ME SEND nada",
        "NEG .2 ME .1 CALL .1 mais",
        "NEG .2 ME .1 CALL nunca",
        "NEG .1 CALL ME mais",
        "NEG .1 ME mais CALL/SEND",
        "NEG .1 falar .1 mais ME",
        "NEG .1 falar ME nunca",
        "NEG .1 CALL mais .1 ME",
        "NEG mais ME? CALL/SEND ME",
        "NEG .1 BOTHER .2 mais",
        "NEG .1 ME procurar/contatar/contactar/importunar/escrever/abordar/incomodar/perturbar",
        "NEG procurar/contatar/contactar/importunar/escrever/abordar/incomodar/perturbar ME",
        "NEG .1 ME perturba/incomoda/importuna mais",
        "NEG .1 ME? encher .1 saco/paciencia/END",
        "nunca .1 ME encher",
        "NEG contatar/perturbar/incomodar .1 END",
        "NEG .1 voltar/volte/voltem .1 ME? a? ME? CALL/SEND ME?",
        "NEG insistir .1 mais",
        "NEG contar/conte/contem mais ME",
        "NEG aguento/suporto/aturo mais .3 MSG",
        "NEG aguento/suporto/aturo mais .1 receber .3 MSG/END",
        "NEG aguento/suporto/aturo mais VOCE",
        "NEG .2 desejo .2 contato",
        "NEG .1 proibido/proibida ME? SEND/CALL",
        "NEG .2 WANT .3 receber Q* MSG",
        "NEG .2 WANT mais .1 ver? isso/nada em .1 NUMBER/celular",
        "NEG e mais? para .1 SEND/CALL .2 MSG/VAGA/ME/mais/nada/END",
        "NEG e mais? para ME SEND/CALL",
        "NEG ME? SEND ME? Q* MSG",
        "START NEG CALL mais END",
        "START nao ME chamar/acionar END",
        "FORMAL .1 que? NEG .1 SEND ME? Q* MSG/nada/isso",
        "FORMAL .1 que? NEG .1 ME SEND/CALL",
        "FORMAL .1 que? NEG CALL mais? END",
        "FORMAL .2 NEG .2 receber Q* MSG/nada",
        "FORMAL .2 NEG .2 ser .1 RECEIVED",
        "NEG vejo/faz/tem/ha .1 REASON .3 receber/SEND/CALL .1 Q* MSG/nada/isso",
        "NEG vejo/faz/tem/ha .1 REASON .3 ME SEND/CALL",
        "START NEG insistir END",
        "NEG tocar/toca/toque/aparecer/apareca/aparecam mais .1 em meu",
        "pedido/vontade/opcao de NEG receber .1 MSG/nada",
        "NEG .1 WANT mais .1 VAGA nem .1 MSG",
        "NEG adianta ME? SEND/CALL ME? mais END",
        "NEG .2 WANT mais? VOCE/ninguem .1 ME SEND/CALL",
        "NEG .1 pedi/solicitei para receber .1 MSG/isso/nada",
        "START ME? SEND/CALL ME? mais .2 nao END",
        "START SEND/CALL ME? mais MSG/VAGA nao",
        "sem/nada/nenhum mais nenhum? de? MSG",
        "mais nenhum MSG",
        "nada de MSG",
        "nem mais uma? MSG",
        "nem mais um MSG",
        "como/procedimento .4 NEG receber .1 mais? .2 MSG/isso",
        "fazer/faco para NEG receber .2 MSG/mais",
    ),
    *_rules(
        Motivo.STOP,
        "NEG .2 NEED .2 mais .3 ME .1 CALL/SEND ME?",
        "NEG .2 NEED .1 ME .1 CALL/SEND .2 mais",
        "NEG .2 NEED .2 mais .2 CALL/SEND .1 ME/MSG",
        "NEG .2 NEED .2 mais .1 contatar",
        "NEG .2 NEED .2 SEND .2 mais .1 MSG/nada",
        "NEG .2 NEED .2 tempo .2 ME .1 CALL/SEND",
        "NEG .2 NEED .2 ME? SEND ME? .1 MSG",
        "NEG .1 mais NEED .2 MSG/contatar",
        "NEG NEED mais? chamar/escrever/acionar/avisar mais? END",
        "NEG e mais NEED .2 ME? .1 CALL/SEND",
        soft=True,
    ),
    *_rules(
        Motivo.STOP,
        "NEG .2 WANT .3 receber Q* VAGA",
        "NEG .2 WANT .3 receber .3 VAGA",
        "NEG .1 ME? .1 SEND ME? .1 mais .2 VAGA",
        "NEG .1 WANT mais saber de VAGA",
        "START nao ME? SEND ME? Q* VAGA",
        "FORMAL .1 que? NEG .1 ME? SEND ME? Q* VAGA",
        "FORMAL .2 NEG .2 receber Q* VAGA",
        "NEG .1 WANT mais Q* PROPOSE",
        "NEG vejo/faz/tem/ha .1 REASON .3 receber/SEND .1 Q* VAGA",
        "NEG .1 tenho mais interesse em/de/por .1 VAGA/VOCE/nada/receber",
        "NEG .1 WANT mais interesse em .1 VAGA/VOCE/nada",
        "NEG .2 interesse em nenhum VAGA",
        "NEG .2 interesse em nenhum tipo de VAGA/MSG",
        "nunca mais .2 SEND/receber .2 VAGA",
        "NEG aguento mais .2 VAGA",
        offer=True,
    ),
    *_rules(
        Motivo.REMOVE,
        "NEG .1 WANT .1 mais? .1 fazer/participar/estar/ficar/constar/continuar/permanecer .3 LIST",
        "NEG .1 WANT .1 mais .1 fazer parte",
        "NEG .1 ME? ADD .3 LIST",
        "NEG .1 WANT .1 meu NUMBER em/nesse/com .1 lista/cadastro/base/mailing/sistema/banco/VOCE",
        "NEG .1 WANT fazer parte disso/VOCE/LIST",
    ),
    *_rules(
        Motivo.DATA,
        "NEG .1 autorizo/autorizei/autorizamos/permito/permiti/consinto/consenti/concordo .6 "
        "MSG/NUMBER",
        "NEG .1 autorizo/autorizei/permito/permiti/dei .6 ME CALL/SEND",
        "NEG .1 autorizo/autorizei/permito/permiti .3 ME? CALL/SEND ME/MSG",
        "NEG .2 dei/deu/tem/tenho/dou .2 autorizacao/consentimento/permissao .5 "
        "MSG/NUMBER/CALL/SEND/END",
        "NEG usar/usa/use/usem/utilizar/utilize/utilizem mais MEU NUMBER",
        "NEG usar/usa/use/usem/utilizar/utilize/utilizem MEU NUMBER END",
        "meu NUMBER NEG .3 usado/utilizado",
        "revogo/retiro/cancelo/revogar/retirar .2 consentimento/autorizacao/permissao",
    ),
)

ORDERED: Final = (
    *_rules(
        Motivo.STOP,
        "QUIT de/com/a .2 SEND .1 mais? .1 MSG/nada/isso",
        "QUIT de/com/a .1 ME .1 SEND/CALL",
        "QUIT de/com/a .1 SEND/CALL ME/VOCE",
        "QUIT de/com/a .1 BOTHER/insistir",
        "QUIT de/com/a SEND END",
        "QUIT ME? SEND .1 MSG/nada/isso",
        "QUIT de/com ficar ME? SEND/CALL",
        "parar de/com ME? .1 SEND",
        "parar/desistir ME",
        "parar/deixar de .1 receber .3 MSG/nada/isso/VOCE",
        "parar de receber END",
        "STOP .2 com .1 MSG",
        "STOP .1 MSG",
        "STOP/cancelar .2 envio/envios/recebimento/disparo/disparos",
        "parar com .1 palhacada/insistencia/perturbacao/encheção/assedio",
        "ASKED .2 para/que .2 parar ME? END",
        "ASKED .2 parar END",
        "pedi .1 para sair .1 e .2 continuam/continuo/continuar",
        "ASKED .2 para/que .2 parar de .2 SEND/CALL/receber",
        "ASKED .2 para/que .2 NEG .2 SEND/CALL ME/MSG/mais",
        "ASKED .2 para/que .2 NEG .1 ME .1 SEND/CALL",
        "ASKED .2 para/que .2 NEG receber",
        "FED_UP/deu .1 de/com/do/desse/disso ANY? ANY? MSG/VOCE",
        "basta/cansei .1 disso",
        "FED_UP .1 de/com/do .2 receber .2 MSG/END",
        "basta/cansei de VOCE? ME SEND/CALL",
        "basta/cansei de SEND/CALL ME",
        "chega desse MSG",
        "ME deixar .1 em paz/sossego",
        "deixar ME .1 em paz/sossego",
        "ME deixar quieto/quieta/sossegado/sossegada",
        "deixar ME quieto/quieta/sossegado/sossegada",
        "ME do/dar/deem/de paz/sossego",
        "ME esquecer END",
        "ME esquecer de? vez? para? sempre?",
        "esquecer/perder .2 meu NUMBER",
        "esquecer que .1 eu? existo",
        "esquecer de ME END",
        "sumir .1 daqui/meu/do .2 vida/whatsapp/telefone/END",
        "dispenso .3 MSG",
        "ME dispensar/poupar/livrar .1 desse/de .1 MSG",
        "SEND ME? mais nada/nenhum NEG?",
        "ME larga END",
        "desconsiderar/ignorar .1 meu NUMBER",
        "ate quando .1 vao .2 ME SEND/CALL",
        "sai/pedi/solicitei/cancelei/descadastrei .9 ,? e? continuo/continuam/continua/insistem .2 "
        "receber/SEND/CALL/END",
        "continuo/continuam/continua/insistem .2 receber/SEND/CALL .5 ,? .3 "
        "pedir/pedindo/solicitar/pedido/pedi .3 parar/NEG/sair/exclusao/descadastro/REMOVE",
        "larga/largue/larguem/largar .1 meu pe",
        "dispensamos .3 MSG",
        "proibo/proibido/proibidos/proibida .4 SEND/CALL/MSG",
        "prefiro/peco/melhor/WANT .2 NEG .2 receber .4 MSG/nada",
        "prefiro/peco/melhor/WANT .2 NEG .1 ser .1 RECEIVED",
        "stop messaging/texting/calling/sending/contacting/writing",
        "em/no more messages/message/contact/texts",
        "don/not t? contact/text/message/write/send/call me",
        "leave me alone",
        "quero/gostaria/peco/exijo que .2 parar/sumir/desaparecer END",
        "evitar .2 ME .1 SEND/CALL",
        "evitar .2 contatar/MSG",
        "evitar SEND/CALL Q* MSG/nada/isso/END",
        "FED_UP .1 de/com/do .1 receber Q* MSG/isso",
        "deixar de ME .1 SEND/CALL",
        order=True,
    ),
    *_rules(
        Motivo.STOP,
        "parar com .1 isso",
        "QUIT de/com/a chamar/escrever/acionar/avisar END",
        "do/tem/pode/podem para/como? parar END",
        order=True,
        soft=True,
    ),
    *_rules(
        Motivo.STOP,
        "FED_UP de/com/do Q* PROPOSE",
        "FED_UP de/com/do receber Q* VAGA",
        "parar/deixar de .1 receber Q* VAGA",
        "evitar ME? SEND ME? Q* VAGA",
        order=True,
        offer=True,
    ),
    *_rules(
        Motivo.REMOVE,
        "ME .1 REMOVE .1 OF .2 LIST",
        "REMOVE ME? .1 OF .2 LIST",
        "REMOVE .1 ME .1 OF .2 LIST",
        "ME REMOVE daqui/dai/disso/disto/END",
        "REMOVE ME daqui/dai/disso/disto/END",
        "ME REMOVE desse/disso/de/do END",
        "REMOVE .1 NUMBER dele/dela END",
        "REMOVE .1 NUMBER dele/dela OF .1 LIST",
        "ME REMOVE .1 de VOCE",
        "ME? tirar .1 fora desse",
        "ERASE ME? END",
        "NUMBER .2 BREAK REMOVE .1 END",
        "NEG ME tiraram/removeram/excluiram/descadastraram .1 OF .1 LIST",
        "porque NEG ME tiram/removem/excluem .1 OF .1 LIST",
        "REMOVE/limpar .1 meu .1 NUMBER",
        "REMOVE .1 esse/desse/nesse/MEU NUMBER",
        "REMOVE NUMBER END",
        "REMOVE .1 meu NUMBER",
        "REMOVE .2 que .2 tem .2 meu NUMBER/END",
        "ter/terem/tinham .1 ME REMOVED .1 OF .2 LIST",
        "sair/saida .1 OF .2 LIST",
        "sair daqui/disso/dai",
        "sai/saia/saiam .1 de/do .1 meu/whatsapp/telefone/vida/pe",
        "HOW .3 cancelo/cancelar/saio/paro .2 isso/disso/receber/recebimento/envio/lista/MSG/END",
        "HOW .3 tiro/retiro/removo/excluo/apago/deleto .1 meu NUMBER",
        "HOW .3 ME .1 tiro/retiro/removo/excluo/apago/descadastro",
        "quero/queria/gostaria/desejo/como/para .2 sair END",
        "quero/queria/gostaria/desejo/exijo/solicito/peco/pedi/favor .2 ser .1 REMOVED",
        "descadastrar ME?",
        "desinscrever",
        "descadastro/desinscricao",
        "unsubscribe",
        "remove me from",
        "cancelar/encerrar/desativar/inativar/anular .2 "
        "cadastro/inscricao/assinatura/conta/recebimento/envio/registro/NUMBER",
        "dar/de/deem/do baixa .1 em/de/do .1 meu? NUMBER",
        "ME deixar/botar/colocar fora OF .2 LIST",
        "deixar/botar/colocar ME fora OF .2 LIST",
        "quero/gostaria/peco/solicito/exijo/favor que .2 ME .1 REMOVE",
        order=True,
    ),
    *_rules(
        Motivo.DATA,
        "exclusao/remocao/eliminacao/retirada/apagamento/descadastro/cancelamento/baixa .3 NUMBER",
        "exclusao/remocao/retirada .3 LIST",
        "ASKED .2 exclusao/remocao/descadastro",
        "meu exclusao/remocao",
        "direito de oposicao/eliminacao/exclusao/esquecimento/apagamento",
        "ME oponho .4 MSG/NUMBER/tratamento/uso",
        "requeiro/solicito/exijo/peco .3 eliminacao/exclusao/remocao/retirada/descadastro",
        "meu NUMBER .2 ser/seja/fosse REMOVED",
        "meu NUMBER .2 fora/sair OF LIST",
        "fecha/feche/fechem/fechar meu cadastro",
        "exijo/quero/solicito/peco que .1 REMOVE END",
        "REMOVE .1 tudo? .2 meu dado",
        order=True,
    ),
    *_rules(
        Motivo.BLOCK,
        "WILL .3 bloquear/bloqueio .1 VOCE/NUMBER/esse/spam/MSG",
        "WILL .2 VOCE .1 bloquear",
        "GO_ON .4 ,? .2 bloqueio/denuncio",
        "mais mensagem/MSG .1 ,? e? .3 bloqueio/denuncio/bloquear/denunciar/processo/processar",
        "WILL .3 bloquear/bloqueio .1 se",
        "WILL .2 bloquear END",
        "WILL .2 denunciar/reportar/bloquear/processar .2 se .2 GO_ON",
        "acionar/chamar/procurar GUARD/advogado .3 se .2 GO_ON",
        "reclamacao/denuncia/queixa/em GUARD .2 se .2 GO_ON/REMOVE",
        "se .1 NEG parar .1 eu? vou",
        "se .1 NEG ME? REMOVE .6 vou .3 GUARD/bloquear/denunciar",
        "mais e? eu? bloqueio/denuncio",
        "se .2 receber/SEND .4 ,? .1 vou .1 bloquear/denunciar/registrar/acionar/processar",
        "proxima/qualquer MSG .1 ,? .2 bloqueio/denuncio/bloquear",
        "ja? bloqueei .1 VOCE/esse/NUMBER/END",
        "SEND/receber/CALL .3 mais .3 ,? .2 WILL .3 GUARD/reclamar/processar",
        "MSG .2 ,? e? WILL .3 GUARD/reclamar/processar",
        "START estou? te/lhe bloquear",
        "START bloquear .1 VOCE/NUMBER/MSG END",
        "ME bloquear",
        "bloquear ME",
        "bloquear .1 meu NUMBER",
        "WILL .3 denunciar/reportar/processar .3 spam/NUMBER",
        "WILL .3 denunciar/reportar .2 VOCE",
        order=True,
        limited=False,
    ),
)

RELAYED: Final = _rules(
    Motivo.STOP,
    "aqui/falar e? SPOKESMAN .6 ,? .3 NEG quer/deseja .2 receber/contato/ser/MSG",
    "sou SPOKESMAN .6 ,? .3 NEG quer/deseja .2 receber/contato/ser/MSG",
    "SPOKESMAN .2 aqui .2 ,? .3 NEG quer/deseja .2 receber/contato/ser/MSG",
    relayed=True,
)

NOT_THE_DOCTOR: Final = _rules(
    Motivo.NOT_THE_DOCTOR,
    "esse/desse/nesse/meu NUMBER .1 NEG .1 e? pertence? mais .1 de/do/ao/dele/dela/meu",
    "esse/desse/nesse NUMBER .1 NEG e? pertence? ao? a? de/do? dele/dela/doutor/medico",
    "esse/desse NUMBER .1 NEG e? de/do doutor/medico/nenhum",
    "esse/desse/nesse/meu NUMBER .1 e/pertence .2 outra/outro/terceiros",
    "esse NUMBER .1 foi/mudou .1 trocado/dono/dona/usuario",
    "NEG e NUMBER de/do doutor/medico .2 END",
    "NEG usa/utiliza mais esse NUMBER",
    "aqui NEG e mais? .2 do? doutor/medico/whatsapp/telefone/numero/celular",
    "aqui NEG e mais do/de",
    "NUMBER .1 mudou .1 dono",
    "NUMBER/pessoa errado END",
    "NUMBER errado .4 ,? .1 REMOVE",
    "NEG sou medico/doutor END",
    "NEG sou mais medico",
    "NEG sou .1 doutor e? NEG? conheco",
    limited=False,
)

WHOLE: Final = word_set("""
    pare parar sair stop chega basta descadastrar desinscrever unsubscribe remover sumir vazar
    remova desaparecer optout
    """)
WHOLE_PHRASES: Final = frozenset(
    {
        "ja chega",
        "e engano",
        "ja deu",
        "pode parar",
        "pode parar ja",
        "parar ja",
        "quero sair",
        "quero parar",
        "me remover",
        "me excluir",
        "me apagar",
        "me deletar",
        "me tirar",
        "me bloquear",
        "me erra",
        "opt out",
        "sem contato",
        "nao perturbar",
        "nao perturba",
        "nao me perturbar",
        "nao incomodar",
        "nao me incomodar",
        "para para",
        "para para para",
        "quero que parar",
        "parar parar",
        "parar parar parar",
    }
)
"""Requests only when they are all that one sentence says: "pare na entrada B" is none."""

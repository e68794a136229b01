"""The classes of words that the rules of opting out speak of."""

from typing import Final

from julia_brain.domain.wording import Vocabulary

WORDS: Final = Vocabulary(
    {
        "NEG": "nao nunca jamais nem",
        "ME": "me comigo eu nos",
        "MEU": "meu desse esse nesse do",
        "VOCE": "voce empresa equipe te lhe",
        "WANT": "quero queria desejo desejamos gostaria aceito pretendo preciso autorizo permito "
        "queremos interesse interessa apreciaria agradeceria adoraria",
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

NEGATIONS: Final = WORDS.words("NEG")

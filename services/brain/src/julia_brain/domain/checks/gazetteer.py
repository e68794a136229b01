"""Names that a draft can only have made up, unless a tool or the doctor said them first."""

from typing import Final

CITIES: Final = (
    "ananindeua", "anapolis", "aparecida de goiania", "aracaju", "aracatuba", "araraquara",
    "artur nogueira", "aruja", "atibaia", "avare", "barretos", "barueri", "bauru", "bebedouro",
    "belford roxo", "belo horizonte", "bertioga", "betim", "birigui", "blumenau", "botucatu",
    "braganca paulista", "brasilia", "cabreuva", "cacapava", "caieiras", "cajamar", "camacari",
    "campinas", "campo grande", "campo limpo paulista", "campos dos goytacazes", "canoas",
    "caraguatatuba", "carapicuiba", "cariacica", "caruaru", "catanduva", "caucaia",
    "caxias do sul", "chapeco", "cosmopolis", "cotia", "cubatao", "cuiaba", "curitiba", "diadema",
    "divinopolis", "dourados", "duque de caxias", "embu das artes", "feira de santana",
    "fernandopolis", "ferraz de vasconcelos", "florianopolis", "fortaleza", "foz do iguacu",
    "francisco morato", "franco da rocha", "goiania", "governador valadares", "guaratingueta",
    "guaruja", "guarulhos", "holambra", "hortolandia", "indaiatuba", "ipatinga", "itajai",
    "itanhaem", "itapecerica", "itapetininga", "itapevi", "itapira", "itaquaquecetuba", "itatiba",
    "itupeva", "jaboatao", "jaboticabal", "jacarei", "jaguariuna", "joao pessoa", "joinville",
    "juiz de fora", "jundiai", "lencois paulista", "limeira", "londrina", "louveira", "macapa",
    "maceio", "manaus", "maringa", "mogi das cruzes", "mogi guacu", "mogi mirim", "mongagua",
    "monte mor", "montes claros", "mossoro", "niteroi", "nova iguacu", "nova odessa", "olinda",
    "osasco", "ourinhos", "palhoca", "paulinia", "pelotas", "peruibe", "petrolina", "petropolis",
    "pindamonhangaba", "piracicaba", "pirassununga", "pocos de caldas", "ponta grossa",
    "porto alegre", "porto velho", "pouso alegre", "praia grande", "presidente prudente", "recife",
    "ribeirao das neves", "ribeirao preto", "rio branco", "rio claro", "rio de janeiro",
    "rondonopolis", "santa barbara d'oeste", "santana de parnaiba", "santo andre", "sao bernardo",
    "sao bernardo do campo", "sao carlos", "sao goncalo", "sao joao da boa vista",
    "sao joao de meriti", "sao jose do rio preto", "sao jose dos campos", "sao luis", "sao paulo",
    "sao sebastiao", "sao vicente", "sertaozinho", "sete lagoas", "sinop", "sorocaba", "sumare",
    "suzano", "taboao da serra", "tatui", "taubate", "teresina", "ubatuba", "uberaba",
    "uberlandia", "valinhos", "varginha", "varzea grande", "varzea paulista", "vila velha",
    "vinhedo", "vitoria da conquista", "votorantim", "votuporanga",
)  # fmt: skip
"""Folded."""

AMBIGUOUS_CITIES: Final = frozenset(
    {
        "santos",
        "franca",
        "salto",
        "palmas",
        "vitoria",
        "natal",
        "serra",
        "americana",
        "registro",
        "salvador",
        "belem",
        "assis",
        "leme",
        "amparo",
        "socorro",
        "jau",
        "lins",
        "maua",
        "cascavel",
        "contagem",
        "boa vista",
        "santa maria",
        "itu",
        "marilia",
        "lorena",
        "araras",
        "pedreira",
    }
)
"""Also common words; names of cities only after "em", and with a capital letter."""

HOSPITALS: Final = (
    "albert einstein", "einstein", "sirio libanes", "sirio", "oswaldo cruz", "hcor", "samaritano",
    "beneficencia portuguesa", "sao luiz", "sao camilo", "nove de julho", "9 de julho",
    "santa catarina", "santa marcelina", "santa isabel", "vera cruz", "mario gatti", "celso pierro",
    "ouro verde", "mater dei", "moinhos de vento", "copa d'or", "copa dor", "rede d'or", "rede dor",
    "quinta d'or", "barra d'or", "pro cardiaco", "santa joana", "pro matre", "leforte", "sabara",
    "edmundo vasconcelos", "santa paula", "igesp", "bandeirantes", "ac camargo", "a.c. camargo",
    "icesp", "incor", "emilio ribas", "dante pazzanese", "boldrini", "sobrapar", "unicamp",
    "puc campinas", "hapvida", "notredame", "notre dame", "intermedica", "prevent senior", "unimed",
    "santa casa", "sao vicente de paulo", "irmandade da penha", "sao francisco", "santa lucia",
    "centro medico de campinas", "madre theodora", "renascenca", "sao lucas", "santa rita",
    "felicio rocho", "biocor", "real portugues", "angelina caron", "pequeno principe", "cajuru",
    "evangelico mackenzie", "nipo brasileiro", "nipo", "san paolo", "carlos chagas", "stella maris",
    "alvorada", "paulistano", "metropolitano", "cruz azul", "cema", "santa cruz",
)  # fmt: skip
"""Folded. Names that need no "hospital" before them to be understood as one."""

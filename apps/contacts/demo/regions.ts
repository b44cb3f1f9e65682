/** Words from which contacts are made up: no person or company is meant. */
export interface Region {
  readonly country: string;
  readonly cities: readonly (readonly [city: string, zip: string])[];
  readonly given: string;
  readonly family: string;
  readonly streets: string;
  /** How a company's name ends. */
  readonly forms: string;
  /** Number blocks that regulators keep for fiction; `#` is a digit. */
  readonly phones: readonly string[];
  /** The house number stands before the street. */
  readonly numberFirst?: boolean;
}

/** For countries whose regulator keeps no block of its own. */
const fiction = ["+1 202 555 01##", "+1 312 555 01##", "+44 7700 900###"];

export const regions: readonly Region[] = [
  {
    country: "Latvia",
    cities: [
      ["Rīga", "LV-10##"],
      ["Liepāja", "LV-34##"],
      ["Cēsis", "LV-41##"],
    ],
    given: "Jānis Ilze Mārtiņš Anna Kārlis Līga Pēteris Dace Andris Zane Guntis Baiba",
    family: "Bērziņš Kalniņa Ozols Liepiņa Krūmiņš Balode Vītols Eglīte Zariņš Šmite",
    streets: "Brīvības iela,Ganību dambis,Tērbatas iela",
    forms: "SIA",
    phones: fiction,
  },
  {
    country: "Lithuania",
    cities: [
      ["Vilnius", "LT-01###"],
      ["Kaunas", "LT-44###"],
      ["Klaipėda", "LT-91###"],
    ],
    given: "Rūta Šarūnas Jonas Eglė Mantas Gintarė Tomas Živilė Lukas Ieva",
    family: "Kazlauskas Žukauskaitė Petrauskas Jankauskienė Paulauskaitė Butkus Šimkutė",
    streets: "Gedimino pr.,Pilies g.,Laisvės al.",
    forms: "UAB",
    phones: fiction,
  },
  {
    country: "Estonia",
    cities: [
      ["Tallinn", "10###"],
      ["Tartu", "51###"],
      ["Pärnu", "80###"],
    ],
    given: "Kadri Jüri Liis Märt Tõnu Piret Ülle Rasmus Kärt",
    family: "Tamm Saar Sepp Mägi Kask Kukk Rebane Ilves Põder Öpik",
    streets: "Pikk tänav,Narva maantee,Rüütli tänav",
    forms: "OÜ",
    phones: fiction,
  },
  {
    country: "Finland",
    cities: [
      ["Helsinki", "00###"],
      ["Tampere", "33###"],
      ["Jyväskylä", "40###"],
      ["Hämeenlinna", "13###"],
    ],
    given: "Päivi Jukka Sanna Mikko Outi Väinö Kaisa Eero",
    family: "Mäkelä Virtanen Hämäläinen Järvinen Lehtonen Nyström Heikkilä Pöyhönen",
    streets: "Mannerheimintie,Hämeenkatu,Yliopistonkatu",
    forms: "Oy",
    phones: fiction,
  },
  {
    country: "Sweden",
    cities: [
      ["Stockholm", "11# ##"],
      ["Göteborg", "41# ##"],
      ["Malmö", "21# ##"],
      ["Örebro", "70# ##"],
    ],
    given: "Björn Åsa Maja Göran Märta Linnéa Sören Elin Håkan Ebba",
    family: "Åkesson Öberg Lindström Sjögren Bergström Ångström Nordqvist Ekström",
    streets: "Storgatan,Kungsgatan,Östra Hamngatan",
    forms: "AB",
    phones: ["+46 8 465 004 ##", "+46 31 390 06 ##", "+46 70 174 06 ##"],
  },
  {
    country: "Norway",
    cities: [
      ["Oslo", "01##"],
      ["Tromsø", "90##"],
      ["Ålesund", "60##"],
      ["Bodø", "80##"],
    ],
    given: "Åge Bjørg Øystein Ragnhild Håvard Solveig Pål Åse Torbjørn",
    family: "Håkonsen Bjørnstad Ødegård Sæther Åsheim Lønning Nygård Kråkenes",
    streets: "Storgata,Kirkegata,Øvre Slottsgate",
    forms: "AS",
    phones: fiction,
  },
  {
    country: "Denmark",
    cities: [
      ["København", "1###"],
      ["Aarhus", "80##"],
      ["Rønne", "37##"],
    ],
    given: "Søren Mette Jørgen Åse Rasmus Kirstine Signe Aksel Freja",
    family: "Sørensen Kjærgaard Møller Nørgaard Østergaard Lykke Skovgård",
    streets: "Nørregade,Vestergade,Østerbrogade",
    forms: "ApS",
    phones: fiction,
  },
  {
    country: "Iceland",
    cities: [
      ["Reykjavík", "1##"],
      ["Akureyri", "6##"],
      ["Ísafjörður", "4##"],
    ],
    given: "Ólafur Guðrún Þórunn Sigurður Ásta Kristján Hörður Björk Ævar",
    family: "Þórsson Jónsdóttir Sigurðsson Björnsdóttir Guðmundsson Ágústsson",
    streets: "Laugavegur,Skólavörðustígur,Bergstaðastræti",
    forms: "ehf.",
    phones: fiction,
  },
  {
    country: "Germany",
    cities: [
      ["Hamburg", "20###"],
      ["München", "80###"],
      ["Köln", "50###"],
      ["Görlitz", "028##"],
    ],
    given: "Jürgen Zoë Käthe Björn Sören Uta Günther Annegret Jörg",
    family: "Weiß Müller Schröder Groß Köhler Jäger Böhm Strauß Hübner",
    streets: "Hauptstraße,Königsallee,Schloßstraße",
    forms: "GmbH,KG,GmbH & Co. KG",
    phones: ["+49 40 66969 ###", "+49 89 99998 ###", "+49 30 23125 ###"],
  },
  {
    country: "Austria",
    cities: [
      ["Wien", "10##"],
      ["Graz", "80##"],
      ["St. Pölten", "31##"],
    ],
    given: "Käthe Florian Jörg Magdalena Günter Rosalía Xaver",
    family: "Gruber Höller Böck Pühringer Wögerer Strauß Lödl Fürst",
    streets: "Mariahilfer Straße,Grüner Weg,Mühlgasse",
    forms: "GmbH,OG",
    phones: fiction,
  },
  {
    country: "France",
    cities: [
      ["Strasbourg", "670##"],
      ["Orléans", "450##"],
      ["Nîmes", "300##"],
      ["Besançon", "250##"],
    ],
    given: "Élodie François Zoé Jérôme Anaïs Loïc Hélène Noël Chloé Gaëlle",
    family: "Lefèvre Gauthier Béranger Hervé Châtelain Prévost L'Hôte",
    streets: "rue de la République,place de l’Église,rue des Frênes",
    forms: "SARL,SAS",
    phones: ["+33 1 99 00 ## ##", "+33 3 53 01 ## ##", "+33 6 39 98 ## ##"],
    numberFirst: true,
  },
  {
    country: "Belgium",
    cities: [
      ["Liège", "40##"],
      ["Brugge", "80##"],
      ["Namur", "50##"],
    ],
    given: "Zoé Joris Maïté Hélène Lieven Noëlla Benoît Anneleen",
    family: "Peeters Dubois De Smet Lemaître Van den Bossche Crèvecœur",
    streets: "Grote Markt,rue Haute,Steenstraat",
    forms: "BV,SRL",
    phones: fiction,
  },
  {
    country: "Netherlands",
    cities: [
      ["Utrecht", "35## AB"],
      ["'s-Hertogenbosch", "52## CD"],
      ["Groningen", "97## EF"],
    ],
    given: "Sjoerd Noëlle Jörgen Anouk Thijs Daniëlle Ruud Zoë Maud",
    family: "van der Meer de Groot Hoekstra Coenraads Ruijs van 't Hof",
    streets: "Oudegracht,Kerkstraat,Nieuwstraat",
    forms: "B.V.",
    phones: fiction,
  },
  {
    country: "Ireland",
    cities: [
      ["Dublin", "D0# X###"],
      ["Cork", "T12 ####"],
      ["Dún Laoghaire", "A96 ####"],
    ],
    given: "Niamh Cian Siobhán Seán Aoife Pádraig Róisín Eoin Órla",
    family: "O'Sullivan Ó Briain Ní Dhomhnaill Murphy McCarthy Fitzgerald O'Connor",
    streets: "Main Street,Castle Street,Bóthar na Trá",
    forms: "Ltd",
    phones: ["+353 20 91# ####"],
    numberFirst: true,
  },
  {
    country: "United Kingdom",
    cities: [
      ["London", "EC1A #AA"],
      ["Sheffield", "S1 #BB"],
      ["Aberystwyth", "SY23 #CC"],
    ],
    given: "Harriet Siân Owen Zoë Callum Imogen Rhys Chloë Alistair",
    family: "Ashworth Llewelyn Brontë-Hill Sutherland Okonkwo Patel Fairbairn D’Arcy",
    streets: "High Street,Station Road,Mill Lane",
    forms: "Ltd,LLP",
    phones: ["+44 20 7946 0###", "+44 1632 960###", "+44 7700 900###"],
    numberFirst: true,
  },
  {
    country: "Spain",
    cities: [
      ["València", "460##"],
      ["Málaga", "290##"],
      ["A Coruña", "150##"],
      ["Cádiz", "110##"],
    ],
    given: "Agnès Íñigo Begoña Jesús María Martín Lucía Óscar Núria Álvaro",
    family: "Ñíguez Peña García Muñoz Núñez Álvarez Güell Castañeda",
    streets: "Calle Mayor,Avenida de la Constitución,Carrer de l’Església",
    forms: "S.L.,S.A.",
    phones: fiction,
  },
  {
    country: "Portugal",
    cities: [
      ["Porto", "4000-###"],
      ["Évora", "7000-###"],
      ["Guimarães", "4800-###"],
    ],
    given: "João Inês Conceição Simão Mónica Luís Íris Débora Estêvão",
    family: "Magalhães Gonçalves Simões Araújo Conceição Brandão Falcão Leitão",
    streets: "Rua das Flores,Avenida da Liberdade,Travessa do Açougue",
    forms: "Lda",
    phones: fiction,
  },
  {
    country: "Italy",
    cities: [
      ["Forlì", "471##"],
      ["Bologna", "401##"],
      ["Cefalù", "900##"],
    ],
    given: "Niccolò Lucia Mosè Chiara Giosuè Beatrice Nicolò Noemi",
    family: "Cantù Rossi D’Angelo Bianchi Dell’Aquila Donà",
    streets: "Via Roma,Corso Umberto I,Piazza della Libertà",
    forms: "S.r.l.",
    phones: fiction,
  },
  {
    country: "Poland",
    cities: [
      ["Łódź", "90-###"],
      ["Kraków", "30-###"],
      ["Wrocław", "50-###"],
      ["Białystok", "15-###"],
    ],
    given: "Małgorzata Łukasz Żaneta Paweł Świętosława Michał Józef Agnieszka",
    family: "Wójcik Kowalczyk Dąbrowska Zieliński Woźniak Kołodziej Ćwikła Żak Gąsior",
    streets: "ul. Piotrkowska,ul. Świętego Jana,al. Jerozolimskie",
    forms: "Sp. z o.o.,S.A.",
    phones: fiction,
  },
  {
    country: "Czechia",
    cities: [
      ["Brno", "602 ##"],
      ["Plzeň", "301 ##"],
      ["Česká Třebová", "560 ##"],
    ],
    given: "Jiří Zdeňka Tomáš Kateřina Ondřej Věra Řehoř Štěpán Ludmila",
    family: "Dvořák Příhodová Černý Kučera Říha Veselá Hájek",
    streets: "Dlouhá,Náměstí Míru,Údolní,Křížová",
    forms: "s.r.o.",
    phones: fiction,
  },
  {
    country: "Slovakia",
    cities: [
      ["Košice", "040 ##"],
      ["Žilina", "010 ##"],
    ],
    given: "Ľubica Ján Zuzana Štefan Mária Ľudovít Soňa",
    family: "Kováč Vargová Tóth Hudáková Šimko Ďurica",
    streets: "Hlavná,Štúrova,Námestie slobody",
    forms: "s.r.o.",
    phones: fiction,
  },
  {
    country: "Hungary",
    cities: [
      ["Budapest", "10##"],
      ["Győr", "90##"],
      ["Székesfehérvár", "80##"],
    ],
    given: "Zsófia László Ágnes György Tünde Sándor Örs Ildikó",
    family: "Nagy Szabó Tóth Kovács Fülöp Vörös Szűcs",
    streets: "Fő utca,Kossuth Lajos utca,Petőfi tér",
    forms: "Kft.",
    phones: fiction,
  },
  {
    country: "Romania",
    cities: [
      ["Cluj-Napoca", "400###"],
      ["București", "010###"],
      ["Timișoara", "300###"],
      ["Iași", "700###"],
    ],
    given: "Bogdan Ștefania Ioana Răzvan Mădălina Andrei Ștefan",
    family: "Țăran Ionescu Bălan Știrbei Mureșan Păun Câmpeanu",
    streets: "Strada Mihai Eminescu,Bulevardul Unirii,Strada Țepeș",
    forms: "S.R.L.",
    phones: fiction,
  },
  {
    country: "Türkiye",
    cities: [
      ["İzmir", "350##"],
      ["İstanbul", "340##"],
      ["Eskişehir", "260##"],
    ],
    given: "Emre Şule Çağlar Gülşen İpek Oğuz Ümit Ayşe",
    family: "Yıldız Çelik Öztürk Şahin Güneş Koç İnan Işık",
    streets: "İstiklal Caddesi,Atatürk Bulvarı,Çınar Sokak",
    forms: "A.Ş.,Ltd. Şti.",
    phones: fiction,
  },
  {
    country: "Croatia",
    cities: [
      ["Zagreb", "100##"],
      ["Šibenik", "220##"],
    ],
    given: "Željko Ana Dražen Mirna Šime Đurđica Krešimir",
    family: "Horvat Kovačić Babić Šarić Đurić Knežević",
    streets: "Ilica,Trg bana Jelačića,Ulica kralja Zvonimira",
    forms: "d.o.o.",
    phones: fiction,
  },
  {
    country: "Switzerland",
    cities: [
      ["Zürich", "80##"],
      ["Genève", "12##"],
      ["Neuchâtel", "20##"],
    ],
    given: "Urs Margrit Loïc Réto Céline Jürg Aurélie",
    family: "Zürcher Bühler Favre Müller Hänni Grünenfelder",
    streets: "Bahnhofstrasse,rue du Rhône,Löwenplatz",
    forms: "AG,Sàrl",
    phones: fiction,
  },
];

/** What companies are called and what they do. */
export const trades =
  "Harbour,Linden,Aurora,Kestrel,Birch,Copper,Granite,Meadow,Saffron,Tidal,Amber,Juniper,Quartz,Willow,Cobalt,Falcon,Maple,Orchid,Pebble,Raven,Silver,Tundra,Velvet,Walnut,Zephyr,Alder,Beacon,Cedar,Drift,Ember".split(
    ",",
  );
export const fields =
  "Logistics,Interiors,Bakery,Engineering,Textiles,Software,Dental,Architects,Brewery,Printing,Gardens,Electric,Foods,Marine,Optics,Studio,Timber,Travel,Ceramics,Bicycles".split(
    ",",
  );
export const jobs =
  "Purchasing,Accounting,Managing director,Office manager,Sales,Head of operations,Architect,Engineer,Buyer,Assistant,Facility manager,Owner,Project lead,IT".split(
    ",",
  );

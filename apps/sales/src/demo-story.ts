/** The people and things of the demo company: invented, at example domains and in ranges kept for examples. */

export const demoCompany = {
  name: "Harbour & Pine",
  street: "Ganību dambis 24",
  zip: "LV-1005",
  city: "Rīga",
  country: "LV",
  email: "hello@harbour-pine.example.com",
  phone: "+371 5550 0100",
  website: "https://harbour-pine.example.com",
  vat: "LV40000000000",
} as const;

/** Who signs in: login, name, groups. */
export const demoUsers = [
  { login: "ann", name: "Ann Bergström", email: "ann@harbour-pine.example.com", groups: ["sales.user"] },
  { login: "bo", name: "Bo Lindqvist", email: "bo@harbour-pine.example.com", groups: ["sales.manager"] },
] as const;

/** Name, code, price, cost, kind, category, words on quotations. */
export const demoProducts = [
  [
    "Oak dining table, 220 cm",
    "HP-TAB-220",
    "1290.00",
    "640.00",
    "consu",
    "Tables",
    "Solid oak, oiled. Made to order in three weeks.",
  ],
  ["Oak dining table, 160 cm", "HP-TAB-160", "980.00", "490.00", "consu", "Tables", "Solid oak, oiled."],
  ["Side table, round", "HP-TAB-045", "240.00", "95.00", "consu", "Tables", ""],
  ["Dining chair, ash", "HP-CHA-010", "189.00", "72.50", "consu", "Chairs", "Ash, paper cord seat."],
  ["Lounge chair, wool", "HP-CHA-030", "740.00", "310.00", "consu", "Chairs", "Wool in seven colours."],
  ["Bench, 180 cm", "HP-BEN-180", "420.00", "180.00", "consu", "Chairs", ""],
  [
    "Desk, height adjustable",
    "HP-DES-140",
    "865.00",
    "455.00",
    "consu",
    "Office",
    "62 to 128 cm, quiet drive.",
  ],
  ["Shelf system, one bay", "HP-SHE-001", "155.00", "61.00", "consu", "Office", ""],
  ["Acoustic panel, felt", "HP-ACO-060", "89.90", "31.20", "consu", "Office", "60 × 120 cm, recycled felt."],
  ["Pendant lamp, linen", "HP-LAM-040", "129.00", "48.00", "consu", "Lamps", ""],
  ["Delivery within the city", "HP-SRV-DEL", "65.00", "40.00", "service", "Services", ""],
  ["Assembly, per hour", "HP-SRV-ASM", "48.00", "29.00", "service", "Services", ""],
  [
    "Interior planning, per hour",
    "HP-SRV-PLN",
    "85.00",
    "45.00",
    "service",
    "Services",
    "Plan and model of your rooms.",
  ],
] as const;

/** Company, city, country, tags; then its people: name, job. */
export const demoCustomers = [
  [
    "Kaiva Coffee Roasters",
    "Rīga",
    "LV",
    ["Cafés"],
    [
      ["Ilze Ozoliņa", "Owner"],
      ["Mārtiņš Kalniņš", "Shop manager"],
    ],
  ],
  [
    "Baltic Stay Hotels",
    "Tallinn",
    "EE",
    ["Hotels", "Key account"],
    [
      ["Kadri Tamm", "Head of purchasing"],
      ["Jüri Saar", "Facilities"],
      ["Liis Kask", "Accounting"],
    ],
  ],
  [
    "Nordlys Arkitekter",
    "Oslo",
    "NO",
    ["Architects"],
    [
      ["Sørine Håkonsen", "Partner"],
      ["Åge Bjørnstad", "Interior architect"],
    ],
  ],
  ["Studio Łódź", "Łódź", "PL", ["Architects"], [["Małgorzata Wójcik", "Architect"]]],
  [
    "Café Möwe",
    "Hamburg",
    "DE",
    ["Cafés"],
    [
      ["Jürgen Weiß", "Owner"],
      ["Zoë Müller", "Manager"],
    ],
  ],
  ["Atelier Forêt", "Strasbourg", "FR", ["Architects"], [["Élodie Lefèvre", "Designer"]]],
  [
    "Lindgren Office Supplies",
    "Göteborg",
    "SE",
    ["Reseller"],
    [
      ["Björn Åkesson", "Buyer"],
      ["Maja Öberg", "Buyer"],
    ],
  ],
  ["Helsinki Design Library", "Helsinki", "FI", ["Public sector"], [["Päivi Mäkelä", "Director"]]],
  [
    "Casa do Porto",
    "Porto",
    "PT",
    ["Hotels"],
    [
      ["João Magalhães", "General manager"],
      ["Inês Gonçalves", "Operations"],
    ],
  ],
  ["Kancelář Dvořák", "Brno", "CZ", ["Offices"], [["Jiří Dvořák", "Attorney"]]],
  [
    "Dublin Makers Hub",
    "Dublin",
    "IE",
    ["Offices"],
    [
      ["Niamh O'Sullivan", "Community lead"],
      ["Cian Ó Briain", "Treasurer"],
    ],
  ],
  [
    "Vilnius Tech Park",
    "Vilnius",
    "LT",
    ["Offices", "Key account"],
    [
      ["Rūta Žukauskaitė", "Office manager"],
      ["Šarūnas Petrauskas", "Procurement"],
    ],
  ],
] as const;

/** People who buy for their own homes: name, city, country. */
export const demoPrivateCustomers = [
  ["Cy Andersen", "Aarhus", "DK"],
  ["Agnès Ñíguez", "Valencia", "ES"],
  ["Ólafur Þórsson", "Reykjavík", "IS"],
  ["Zsófia Nagy", "Budapest", "HU"],
  ["Emre Yıldız", "İzmir", "TR"],
  ["Nikos Papadopoulos", "Thessaloniki", "GR"],
  ["Bogdan Țăran", "Cluj-Napoca", "RO"],
] as const;

/** Customer, salesperson's login, state, days ago, lines of product code, quantity, discount. */
export const demoQuotations = [
  [
    "Kaiva Coffee Roasters",
    "ann",
    "draft",
    0,
    [
      ["HP-CHA-010", "24", "10"],
      ["HP-TAB-045", "8", "0"],
      ["HP-SRV-DEL", "1", "0"],
    ],
  ],
  [
    "Baltic Stay Hotels",
    "ann",
    "sent",
    3,
    [
      ["HP-CHA-030", "36", "12.5"],
      ["HP-LAM-040", "36", "5"],
      ["HP-SRV-PLN", "12", "0"],
    ],
  ],
  [
    "Nordlys Arkitekter",
    "ann",
    "sale",
    12,
    [
      ["HP-TAB-220", "2", "0"],
      ["HP-CHA-010", "16", "0"],
      ["HP-SRV-ASM", "6", "0"],
    ],
  ],
  [
    "Café Möwe",
    "ann",
    "sent",
    5,
    [
      ["HP-CHA-010", "18", "0"],
      ["HP-TAB-160", "4", "0"],
    ],
  ],
  [
    "Lindgren Office Supplies",
    "bo",
    "sale",
    20,
    [
      ["HP-SHE-001", "40", "18"],
      ["HP-ACO-060", "60", "15"],
    ],
  ],
  [
    "Helsinki Design Library",
    "bo",
    "draft",
    1,
    [
      ["HP-SHE-001", "28", "0"],
      ["HP-BEN-180", "6", "0"],
      ["HP-SRV-PLN", "8", "0"],
    ],
  ],
  [
    "Casa do Porto",
    "bo",
    "sent",
    8,
    [
      ["HP-TAB-045", "30", "7.5"],
      ["HP-LAM-040", "30", "7.5"],
    ],
  ],
  [
    "Vilnius Tech Park",
    "bo",
    "sale",
    31,
    [
      ["HP-DES-140", "45", "20"],
      ["HP-ACO-060", "90", "20"],
      ["HP-SRV-ASM", "30", "0"],
    ],
  ],
  [
    "Cy Andersen",
    "ann",
    "sent",
    2,
    [
      ["HP-TAB-160", "1", "0"],
      ["HP-CHA-010", "6", "5"],
      ["HP-SRV-DEL", "1", "0"],
    ],
  ],
  ["Agnès Ñíguez", "bo", "cancel", 40, [["HP-CHA-030", "1", "0"]]],
  [
    "Dublin Makers Hub",
    "ann",
    "draft",
    0,
    [
      ["HP-DES-140", "12", "8"],
      ["HP-SRV-DEL", "1", "100"],
    ],
  ],
] as const;

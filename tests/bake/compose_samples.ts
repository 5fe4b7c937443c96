/**
 * Compose files as the table test in `compose_test.ts` prints them with both programs: `c*.yaml` are
 * given with `-f`, the rest is read by them.
 */
export const samples: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  nothingToBuild: {
    "c0.yaml": "services: {a: {image: x}}\n",
  },
  bakeNulls: {
    "c0.yaml": `services:
  web:
    build: {context: ., x-bake: {tags: [1, true, null], contexts: {a: 1, b: null}, pull: null}}
`,
  },
  additionallabel: {
    "c0.yaml": `services:
  web:
    build: .
    label_file: nope
`,
  },
  aliaslist: {
    "c0.yaml": `x-t: &t [a, b]
services:
  web:
    build: {context: ., tags: *t}
`,
  },
  anchors: {
    "c0.yaml": `x-b: &b
  context: .
  args: &a {A: 1, B: 2}
services:
  web:
    build:
      <<: *b
      target: t
  db:
    build:
      <<: [*b, {dockerfile: D}]
      args: {<<: *a, B: 9}
`,
  },
  argdup: {
    "c0.yaml": `services:
  web:
    build: {context: ., args: [A=1, A=2, B=3]}
`,
  },
  argsenv: {
    "c0.yaml": `services:
  web:
    environment: {E1: fromenv}
    build: {context: ., args: [E1, HOME, NOPE, X=]}
`,
  },
  argsnull: {
    "c0.yaml": `services:
  web:
    build: {context: ., args: {HOME: , NOPE: ~, X: ''}}
`,
  },
  attest: {
    "c0.yaml": `services:
  web:
    build: {context: ., provenance: mode=max, sbom: true}
`,
  },
  attest2: {
    "c0.yaml": `services:
  web:
    build: {context: ., provenance: false, sbom: generator=x}
`,
  },
  attest3: {
    "c0.yaml": `services:
  web:
    build: {context: ., provenance: {mode: max}}
`,
  },
  badname: {
    "c0.yaml": `services:
  'a b': {build: .}
`,
  },
  block: {
    "c0.yaml": `services:
  web:
    build:
      context: .
      args:
        A: |
          line1
          line2
        B: >-
          fold
          ed
        C: "esc\\n\\u0041"
        D: 'it''s'
`,
  },
  bom: {
    "c0.yaml": "\ufeffservices:\n  web:\n    build: .\n",
  },
  bool_env: {
    "c0.yaml": `services:
  web:
    environment: {A: true, B: 1.5}
    build: {context: ., args: [A, B]}
`,
  },
  bools: {
    "c0.yaml": `services:
  web:
    build: {context: ., no_cache: true, pull: false}
`,
  },
  bools2: {
    "c0.yaml": `services:
  web:
    build: {context: ., no_cache: 'true', pull: 'no'}
`,
  },
  buildint: {
    "c0.yaml": `services:
  web:
    build: 3
`,
  },
  buildlist: {
    "c0.yaml": `services:
  web:
    build: [a]
`,
  },
  buildnull: {
    "c0.yaml": `services:
  web:
    image: a
    build:
`,
  },
  cachebad: {
    "c0.yaml": `services:
  web:
    build: {context: ., cache_from: ['type=local,x']}
`,
  },
  comment: {
    "c0.yaml": `# only
`,
  },
  crlf: {
    "c0.yaml": "services:\r\n  web:\r\n    build:\r\n      context: .\r\n      args: {A: 'x'}\r\n",
  },
  ctx: {
    "c0.yaml": `services:
  web:
    build: {context: ., additional_contexts: {a: service:b.c, d: ./e/../f, g: docker-image://x, h: https://x/y}}
  b.c: {build: ./b}
`,
  },
  ctxabs: {
    "c0.yaml": `services:
  web:
    build: {context: /a/../b}
`,
  },
  ctxempty: {
    "c0.yaml": `services:
  web:
    build: {context: ''}
`,
  },
  ctxgit: {
    "c0.yaml": `services:
  web:
    build: https://github.com/a/b.git#main
`,
  },
  ctxhome: {
    "c0.yaml": `services:
  web:
    build: {context: ~/x}
`,
  },
  ctxlist: {
    "c0.yaml": `services:
  web:
    build: {context: ., additional_contexts: [a=service:b, d=./e]}
  b: {build: ./b}
`,
  },
  ctxlisterr: {
    "c0.yaml": `services:
  web:
    build: {context: ., additional_contexts: [a]}
`,
  },
  ctxnb: {
    "c0.yaml": `services:
  web:
    build: {context: ., additional_contexts: {a: service:b}}
  b: {image: x}
`,
  },
  ctxunk: {
    "c0.yaml": `services:
  web:
    build: {context: ., additional_contexts: {a: service:b}}
`,
  },
  dotenv: {
    "c0.yaml": `services:
  web:
    image: \${FROMDOT}-\${HOME}
    build: {context: ., args: [FROMDOT]}
`,
    ".env": `FROMDOT=dot
HOME=nothome
`,
  },
  dotname: {
    "c0.yaml": `services:
  a.b: {build: .}
  A-c: {build: .}
`,
  },
  emptydoc: {
    "c0.yaml": `---
---
services:
  web:
    build: .
`,
  },
  envfile: {
    "c0.yaml": `services:
  web:
    image: x
    env_file: nope.env
    build: .
`,
  },
  envfile2: {
    "c0.yaml": `services:
  web:
    env_file: [{path: nope.env, required: false}, a.env]
    environment: {B: over}
    build: {context: ., args: [A, B, C, D]}
`,
    "a.env": `A=1
B=2
export C='x y' # c
D="a\${A}b\\n"
`,
  },
  envfile3: {
    "c0.yaml": `services:
  web:
    env_file: a.env
    build: {context: ., args: [A]}
`,
    "a.env": `A=1
B C=3
`,
  },
  envfile4: {
    "c0.yaml": `services:
  web:
    env_file: a.env
    build: {context: ., args: [A]}
`,
    "a.env": `A='x
`,
  },
  envfile5: {
    "c0.yaml": `services:
  web:
    env_file: a.env
    build: {context: ., args: [A,B,C,D,E,F,HOME]}
`,
    "a.env": `# c

  A = 1 # x
B: y
C=a#b
D=$HOME
E='$HOME'
F="\\$HOME \\t|"
HOME
`,
  },
  extends: {
    "c0.yaml": `services:
  web:
    extends: base
    build: {args: {B: 2}}
  base:
    image: bi
    build: {context: ./c, args: {A: 1, B: 1}}
`,
  },
  extends2: {
    "c0.yaml": `services:
  web:
    extends: {service: base, file: sub/b.yaml}
    build: {args: {B: 2}}
`,
    "sub/b.yaml": `services:
  base:
    env_file: e.env
    build: {context: ./c, args: {A: , B: 1}}
`,
    "sub/e.env": `A=fromfile
`,
  },
  extends3: {
    "c0.yaml": `services:
  web:
    extends: nope
    build: .
`,
  },
  extends4: {
    "c0.yaml": `services:
  web:
    extends: b
  b: {extends: web}
`,
  },
  extends5: {
    "c0.yaml": `services:
  web:
    extends: {file: x.yaml}
`,
  },
  extends6: {
    "c0.yaml": `services:
  web:
    extends: {file: x.yaml, service: a}
`,
  },
  extends7: {
    "c0.yaml": `services:
  web:
    extends: {file: x.yaml, service: a}
`,
    "x.yaml": `services: {b: {build: .}}
`,
  },
  extends8: {
    "c0.yaml": `services:
  web:
    extends: {service: a, file: sub/x.yaml}
`,
    "sub/deep/y.yaml": `services:
  b: {build: {context: ., args: {Z: 1}}}
`,
    "sub/x.yaml": `services:
  a: {extends: {service: b, file: deep/y.yaml}, build: {target: t}}
`,
  },
  extname: {
    "c0.yaml": `services:
  web:
    build: .
    foo: bar
foo: bar
`,
  },
  hosts: {
    "c0.yaml": `services:
  web:
    build: {context: ., extra_hosts: ['a:1.2.3.4', 'a=[::1]', 'b=::2', 'c:::3']}
`,
  },
  hosts2: {
    "c0.yaml": `services:
  web:
    build: {context: ., extra_hosts: {a: 1.2.3.4, b: [1.1.1.1, '2.2.2.2']}}
`,
  },
  image: {
    "c0.yaml": `services:
  web:
    image: 3
    build: .
`,
  },
  include: {
    "c0.yaml": `include: [inc/compose.yaml]
services:
  web:
    build: .
`,
    "inc/.env": `V=incenv
`,
    "inc/compose.yaml": `services:
  i:
    image: \${V}
    build: ./x
secrets:
  q: {file: ./f}
`,
  },
  include2: {
    "c0.yaml": `include:
  - path: [inc/a.yaml, inc/b.yaml]
    project_directory: pd
    env_file: inc/e.env
services:
  web:
    build: .
`,
    "inc/a.yaml": `services:
  i:
    image: \${V}
    build: ./x
`,
    "inc/b.yaml": `services:
  i:
    build: {target: t}
`,
    "inc/e.env": `V=ee
`,
    "pd/x": ``,
  },
  include3: {
    "c0.yaml": `include: [c0.yaml]
services:
  web:
    build: .
`,
  },
  include4: {
    "c0.yaml": `include: [nope.yaml]
services:
  web:
    build: .
`,
  },
  include5: {
    "c0.yaml": `include: [inc/compose.yaml]
services:
  i:
    build: {args: {OWN: 1}}
`,
    "inc/compose.yaml": `services:
  i:
    build: {context: x, args: {A: 1}}
`,
  },
  include6: {
    "c0.yaml": `include: {a: b}
services:
  web:
    build: .
`,
  },
  include7: {
    "c0.yaml": `include: [inc/compose.yaml]
services:
  web:
    build: .
`,
    "inc/base/b.yaml": `services: {z: {build: ./zz}}
`,
    "inc/compose.yaml": `services:
  i:
    extends: {service: z, file: base/b.yaml}
`,
  },
  inline: {
    "c0.yaml": `services:
  web:
    build:
      context: .
      dockerfile_inline: |
        FROM scratch
        ENV A=$$B
`,
  },
  inlineboth: {
    "c0.yaml": `services:
  web:
    build: {context: ., dockerfile: a, dockerfile_inline: b}
`,
  },
  interp: {
    "c0.yaml": `services:
  web:
    build: {context: ., args: {V: '$$x \${Z:-d\${HOME}} $HOME \${UNSET-} \${UNSET:+a} \${HOME:+b} \${HOME+c} $1 $ $- \${UNSET-x:-y}'}}
`,
  },
  interp2: {
    "c0.yaml": `services:
  web:
    image: '\${Q'
    build: .
`,
  },
  interp3: {
    "c0.yaml": `services:
  web:
    image: '\${Q:?need \${HOME}}'
    build: .
`,
  },
  interp4: {
    "c0.yaml": `services:
  web:
    image: '\${Q?}'
    build: .
`,
  },
  interp5: {
    "c0.yaml": `services:
  web:
    build: {context: ., args: ['A=\${Q:?x}']}
`,
  },
  interp6: {
    "c0.yaml": `services:
  web:
    image: '\${1}'
    build: .
`,
  },
  interp7: {
    "c0.yaml": `services:
  web:
    image: \${COMPOSE_PROJECT_NAME}
    build: .
`,
  },
  interp8: {
    "c0.yaml": `name: foo
services:
  web:
    image: \${COMPOSE_PROJECT_NAME}
    build: .
`,
  },
  interp9: {
    "c0.yaml": `services:
  web:
    image: '\${A:-{"a":1\\}}'
    build: .
`,
  },
  intkey: {
    "c0.yaml": `services:
  1: {build: .}
`,
  },
  labels: {
    "c0.yaml": `services:
  web:
    build: {context: ., labels: {A: , B: 3, C: true, D: 1.50}}
`,
  },
  labels2: {
    "c0.yaml": `services:
  web:
    build: {context: ., labels: [A, B=3, C=x=y]}
`,
  },
  labels3: {
    "c0.yaml": `services:
  web:
    build: {context: ., labels: {A: [b]}}
`,
  },
  multidoc: {
    "c0.yaml": `services:
  web:
    build: {context: ., args: {A: 1}}
---
services:
  web:
    build: {args: {B: 2}}
`,
  },
  nestedreset: {
    "c0.yaml": `services:
  web:
    build: {context: ., args: {A: 1}}
`,
    "c1.yaml": `services:
  web:
    build:
      args: {A: !reset }
`,
  },
  nets: {
    "c0.yaml": `networks: {}
`,
  },
  network: {
    "c0.yaml": `services:
  web:
    build: {context: ., network: host, privileged: true, isolation: x, entitlements: [network.host], no_cache_filter: [a]}
`,
  },
  noctx: {
    "c0.yaml": `services:
  web:
    build: {dockerfile: X}
`,
  },
  override: {
    "c0.yaml": `services:
  web:
    image: i
    build: {context: ., args: {A: 1, B: 2}, tags: [a, b], labels: [x=1]}
`,
    "c1.yaml": `services:
  web:
    build: {args: [B=3, C=4], tags: [b, c], labels: {x: 2, y: 3}, dockerfile: D}
  db: {build: db}
`,
  },
  override2: {
    "c0.yaml": `services:
  web:
    build: ./a
`,
    "c1.yaml": `services:
  web:
    build: ./b
`,
  },
  override3: {
    "c0.yaml": `services:
  web:
    build: {context: a, tags: [x]}
`,
    "c1.yaml": `services:
  web:
    build: {tags: {a: b}}
`,
  },
  plat: {
    "c0.yaml": `services:
  web:
    build: {context: ., platforms: [linux/amd64, linux/arm64], target: t, network: none}
`,
  },
  profiles: {
    "c0.yaml": `services:
  web:
    profiles: [x]
    build: .
    depends_on: [nope]
    volumes: [v:/x]
    ports: ['80:80']
`,
  },
  quotedkeys: {
    "c0.yaml": `services:
  'web':
    "build": '.'
`,
  },
  reset: {
    "c0.yaml": `services:
  web:
    image: i
    build: {context: ., args: {A: 1, B: 2}, tags: [a]}
`,
    "c1.yaml": `services:
  web:
    build:
      args: !reset {}
      tags: !override [q]
      target: !reset null
`,
  },
  reset2: {
    "c0.yaml": `services:
  web:
    image: i
    build: {context: ., args: {A: 1, B: 2}, tags: [a]}
`,
    "c1.yaml": `services:
  web:
    build: !override
      context: new
`,
  },
  reset3: {
    "c0.yaml": `services:
  web:
    image: i
    build: {context: ., args: {A: 1, B: 2}, tags: [a]}
  db: {build: .}
`,
    "c1.yaml": `services:
  db: !reset
`,
  },
  scalars: {
    "c0.yaml": `services:
  web:
    build:
      context: ./x/../y
      args:
        D: 2024-01-01
        O: 0777
        O2: 0o17
        H: 0x1F
        F: 1.10
        E: 1e3
        B: yes
        T: true
        N: ~
        U: 1_000
        S: 0.00001
        L: 123456789012345678901234567890
        Z: -0
        BB: 0b101
        Q: "yes"
        M: 1e30
        TT: 2001-12-14t21:59:43.10-05:00
        P: +12
        BIN: !!binary aGVsbG8=
        STR: !!str 12
        FL: !!float 3
`,
  },
  scalars2: {
    "c0.yaml": `services:
  web:
    build: {context: ., args: {A: !!int '12', B: 012, C: 0o12, D: 1e1000, E: 0x, F: '0b2', G: 2001-1-2, H: '2001-01-02', I: 2001-13-01, J: -0x1F, K: 1__0, L: +.5, M: 5., N: 1_0.5, O: 18446744073709551615, P: 9223372036854775807, Q: -9223372036854775809, R: 1.5e300, S: 123456789.123, T: 0.0001, U: 1.0}}
`,
  },
  secextstr: {
    "c0.yaml": `services:
  web:
    build: {context: ., secrets: [a]}
secrets: {a: {external: 'true', name: zz}}
`,
  },
  secmode: {
    "c0.yaml": `services:
  web:
    build: {context: ., secrets: [{source: a, mode: 0440}]}
secrets: {a: {file: c0.yaml}}
`,
  },
  secmode2: {
    "c0.yaml": `services:
  web:
    build: {context: ., secrets: [{source: a, foo: 1}]}
secrets: {a: {file: c0.yaml, bar: 2}}
`,
  },
  secnone: {
    "c0.yaml": `services:
  web:
    build: {context: ., secrets: [a]}
secrets:
  a: {}
`,
  },
  secrets: {
    "c0.yaml": `services:
  web:
    build: {context: ., secrets: [a, {source: b, target: c}]}
secrets:
  a: {file: ./x/../c0.yaml}
  b: {environment: HOME}
`,
  },
  secundef: {
    "c0.yaml": `services:
  web:
    build: {context: ., secrets: [a]}
`,
  },
  shm: {
    "c0.yaml": `services:
  web:
    build: {context: ., shm_size: 128m}
`,
  },
  shm2: {
    "c0.yaml": `services:
  web:
    build: {context: ., shm_size: 1500000000}
`,
  },
  shm3: {
    "c0.yaml": `services:
  web:
    build: {context: ., shm_size: '1.5 GiB'}
`,
  },
  shm4: {
    "c0.yaml": `services:
  web:
    build: {context: ., shm_size: '0'}
`,
  },
  ssh3: {
    "c0.yaml": `services:
  web:
    build: {context: ., ssh: [foo]}
`,
  },
  ssh4: {
    "c0.yaml": `services:
  web:
    build: {context: ., ssh: default}
`,
  },
  svcempty: {
    "c0.yaml": `services:
  web: {}
`,
  },
  svclist: {
    "c0.yaml": `services: []
`,
  },
  svcnull: {
    "c0.yaml": `services:
  web:
`,
  },
  svcstr: {
    "c0.yaml": `services:
  web: x
`,
  },
  tagsint: {
    "c0.yaml": `services:
  web:
    build: {context: ., tags: [1]}
`,
  },
  tagstr: {
    "c0.yaml": `services:
  web:
    build: {context: ., tags: x}
`,
  },
  toplist: {
    "c0.yaml": `- a
`,
  },
  ulim2: {
    "c0.yaml": `services:
  web:
    build: {context: ., ulimits: {nofile: {soft: 4}}}
`,
  },
  uniq: {
    "c0.yaml": `services:
  web:
    build: {context: ., no_cache_filter: [a, a]}
`,
  },
  unknown: {
    "c0.yaml": `services:
  web:
    build: {contex: .}
`,
  },
  unknown2: {
    "c0.yaml": `services:
  web:
    build: {contex: ., zz: 1, args: {A: [1]}}
`,
  },
  varkey: {
    "c0.yaml": `services:
  web:
    build: {context: ., args: {'\${HOME}': 1}}
`,
  },
  version: {
    "c0.yaml": `version: '3'
services:
  web:
    build: .
`,
  },
  xbake2: {
    "c0.yaml": `services:
  web:
    build: {context: ., cache_from: ['a,b', 'type=gha'], cache_to: ['type=inline'], x-bake: {cache-from: [c], cache-to: ['type=local,dest=x'], no-cache: true, contexts: {a: target:web.x}}, additional_contexts: {a: ./own}}
  web.x: {build: .}
`,
  },
  servicesnothing: {
    "c0.yaml": "services:\nsecrets: {a: {file: x}}\n",
  },
  servicesnone: {
    "c0.yaml": "services: {}\n",
  },
  servicesreset: {
    "c0.yaml": "services: {web: {build: .}}\n",
    "c1.yaml": "services:\n  web: !reset null\n",
  },
  contextscheme: {
    "c0.yaml": "services: {web: {build: {context: 'docker-image://a', args: {A: b}}}}\n",
  },
};

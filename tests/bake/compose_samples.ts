/**
 * Compose files that `compose_test.ts` gives to both programs: those whose secrets must be there,
 * and those that a golden file can't hold. `c*.yaml` are given with `-f`, the rest is read by them.
 */
export const samples: Readonly<Record<string, Readonly<Record<string, string>>>> = {
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
    "pd/x": "",
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
  servicesnothing: {
    "c0.yaml": `services:
secrets: {a: {file: x}}
`,
  },
};

/** The examples for the commands' pages; `tests/manual/` runs them. */

/** Lines for a shell, with comments. */
export interface Example {
  readonly lines: string;
  /** The reason why `tests/manual/` doesn't run it. */
  readonly notRun?: string;
}

/**
 * Each command's example by the command's path, in an order in which one shell can run all of them.
 * The folder holds a Dockerfile with the stage `app`, a `docker-bake.hcl` with the target `app`,
 * and the policy `other.rego`.
 */
export const examples: Readonly<Record<string, Example>> = {
  "fairlead create": {
    lines: `
# Makes a builder "box" for the daemon at this socket, and selects it.
fairlead create --name box --use unix:///run/buildkit/buildkitd.sock`,
  },
  "fairlead use": {
    lines: `
fairlead use box`,
  },
  "fairlead ls": {
    lines: `
fairlead ls
fairlead ls --format '{{.Name}}: {{.Status}}'`,
  },
  "fairlead inspect": {
    lines: `
# Connects, and fails when the daemon doesn't answer.
fairlead inspect --bootstrap box`,
  },
  "fairlead doctor": {
    lines: `
# Checks the default builder, then a daemon without a builder.
fairlead doctor
fairlead doctor --transfer=1MiB unix:///run/buildkit/buildkitd.sock`,
  },
  "fairlead": {
    lines: `
fairlead inspect --bootstrap
fairlead build -t registry.example/app:1 --push .
fairlead history ls`,
  },
  "fairlead build": {
    lines: `
# Builds files, an image in a registry, and an archive of another stage.
fairlead build -o out .
fairlead build -t registry.example/app:1 --push .
fairlead build --target app -o type=tar,dest=app.tar .
# Builds again after lost connections, and writes a page with the timeline.
fairlead build --retry 2 --timeline timeline.html .`,
  },
  "fairlead bake": {
    lines: `
# Prints the resolved definition, then builds one target with another output.
fairlead bake --print
fairlead bake --set 'app.output=type=local,dest=out' app`,
  },
  "fairlead imagetools create": {
    lines: `
# Gives an image a second name, without a daemon.
fairlead imagetools create -t registry.example/app:latest registry.example/app:1`,
  },
  "fairlead imagetools inspect": {
    lines: `
fairlead imagetools inspect registry.example/app:1
fairlead imagetools inspect --format '{{json .Manifest}}' registry.example/app:1`,
  },
  "fairlead history ls": {
    lines: `
fairlead history ls
fairlead history ls --filter status=completed --format json`,
  },
  "fairlead history inspect": {
    lines: `
# Shows the newest build, then the one before it.
fairlead history inspect
fairlead history inspect ^1`,
  },
  "fairlead history inspect attachment": {
    lines: `
fairlead history inspect attachment --type provenance`,
  },
  "fairlead history logs": {
    lines: `
fairlead history logs`,
  },
  "fairlead history attach": {
    lines: `
# Without a name, the command follows the newest running build.
fairlead history attach ^0`,
  },
  "fairlead history timeline": {
    lines: `
fairlead history timeline -o timeline.html`,
  },
  "fairlead history diff": {
    lines: `
# Compares the last two builds, then writes the comparison as a page.
fairlead history diff
fairlead history diff --html diff.html ^1 ^0
fairlead history diff --format json ^1`,
  },
  "fairlead history trace": {
    lines: `
# On a terminal, this opens a viewer; here it prints JSON for Jaeger.
fairlead history trace >trace.json`,
  },
  "fairlead history export": {
    lines: `
fairlead history export -o build.dockerbuild`,
  },
  "fairlead history import": {
    lines: `
fairlead history import -f build.dockerbuild`,
    notRun: "it needs Docker Desktop; tests/operate/import_test.ts runs it with a stand-in",
  },
  "fairlead history open": {
    lines: `
# Opens the list of all builds, or the page of one build.
fairlead history open
fairlead history open ^1`,
    notRun: "it runs until its pages are closed; tests/operate/open_test.ts runs it",
  },
  "fairlead history rm": {
    lines: `
fairlead history rm ^1`,
  },
  "fairlead dap build": {
    lines: `
# An editor starts this command and speaks to it; docs/debugging.md has the set-up for three editors.
fairlead dap build --target app .`,
    notRun: "it waits for an editor; tests/debugging/dap_test.ts runs it with a client",
  },
  "fairlead debug build": {
    lines: `
# Opens a shell in the failed step, or in the result.
fairlead debug --invoke sh --on always build .`,
    notRun: "it needs a terminal; tests/debugging/monitor_test.ts runs it in one",
  },
  "fairlead policy eval": {
    lines: `
# Asks other.rego about the build's own files; fails when the policy denies them.
fairlead policy eval -f other .
fairlead policy eval -f other --explain .`,
  },
  "fairlead policy test": {
    lines: `
fairlead policy test --filename other .`,
  },
  "fairlead policy trust": {
    lines: `
# Shows the dates of the keys for signatures, then fetches the newest keys.
fairlead policy trust
fairlead policy trust --refresh
# A machine without a network takes the keys from a copy of the repository.
fairlead policy trust --from ./tuf-repository`,
    notRun: "it needs Sigstore's servers; tests/policies/signatures_build_test.ts runs the command",
  },
  "fairlead du": {
    lines: `
fairlead du
fairlead du --filter type=source.local --format json`,
  },
  "fairlead prune": {
    lines: `
# Removes everything that has not been used for a day.
fairlead prune --force --filter until=24h`,
  },
  "fairlead dial-stdio": {
    lines: `
# Offers the builder "box" at a socket, with another program.
socat UNIX-LISTEN:/tmp/box.sock,fork EXEC:'fairlead --builder box dial-stdio'`,
    notRun: "it runs until it is interrupted; tests/transports/proxy_test.ts runs dial-stdio",
  },
  "fairlead proxy": {
    lines: `
# Another client uses the builder like a local daemon.
fairlead proxy box --listen unix:///tmp/box.sock &
buildctl --addr unix:///tmp/box.sock debug workers`,
    notRun: "it runs until it is interrupted; tests/transports/proxy_test.ts runs it",
  },
  "fairlead certs create": {
    lines: `
fairlead certs create certs --host builder.example,10.1.2.3`,
  },
  "fairlead certs check": {
    lines: `
fairlead certs check certs`,
  },
  "fairlead transports": {
    lines: `
fairlead transports`,
  },
  "fairlead transports ls": {
    lines: `
fairlead transports ls --format json`,
  },
  "fairlead transports inspect": {
    lines: `
fairlead transports inspect ssh`,
  },
  "fairlead transports test": {
    lines: `
fairlead transports test --case 'the daemon answers' unix:///run/buildkit/buildkitd.sock`,
  },
  "fairlead completion": {
    lines: `
mkdir -p ~/.local/share/bash-completion/completions
fairlead completion bash >~/.local/share/bash-completion/completions/fairlead`,
  },
  "fairlead install": {
    lines: `
# Makes "docker buildx" and "docker build" run fairlead.
fairlead install --buildx`,
  },
  "fairlead uninstall": {
    lines: `
fairlead uninstall`,
  },
  "fairlead stop": {
    lines: `
# Stops the container or the pods of a builder; a remote daemon keeps running.
fairlead stop box`,
  },
  "fairlead rm": {
    lines: `
# Forgets the builder; the daemon and its cache stay.
fairlead rm box`,
  },
  "fairlead version": {
    lines: `
fairlead version`,
  },
};

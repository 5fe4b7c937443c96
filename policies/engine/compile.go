package main

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// CompileRequest names the modules of one policy.
type CompileRequest struct {
	Modules []Module `json:"modules"`
	// Imports are the files that `import data.…` reached, by path.
	Imports map[string]Import `json:"imports"`
	// HasFiles is false for a policy without a folder.
	HasFiles bool `json:"hasFiles"`
	// Print keeps print statements; without it they are erased.
	Print bool `json:"print"`
	// Loaded means a policy and its tests: imports of packages among Modules work without a file.
	Loaded bool `json:"loaded"`
	// Bare leaves out the helper module and the loading of imports; for tests of OPA.
	Bare bool `json:"bare"`
}

// Import is an imported file. Without a text and a problem, the file doesn't exist.
type Import struct {
	Text    *[]byte `json:"text"`
	Problem string  `json:"problem"`
}

// Module is one file of a policy.
type Module struct {
	Name string `json:"name"`
	Text []byte `json:"text"`
}

// compiled is a policy that is ready to be evaluated.
type compiled struct {
	compiler *ast.Compiler
	print    bool
	hasFiles bool
	query    map[string]*preparedQuery
}

var (
	policies   = map[int]*compiled{}
	lastPolicy int
)

//go:embed helpers.rego
var helpers string

const helpersName = "builtin/buildx_defaults.rego"

func compile(request *CompileRequest) Answer {
	modules := map[string]*ast.Module{}
	texts := request.Modules
	if !request.Bare {
		texts = append([]Module{{helpersName, []byte(helpers)}}, texts...)
	}
	var problems []error
	for at, module := range texts {
		parsed, err := parseModule(module.Name, module.Text)
		if err != nil && request.Loaded {
			kind := "policy test module"
			// The helpers and the policy come first.
			if at <= 1 {
				kind = "policy module"
			}
			return Answer{Error: fmt.Sprintf("parse %s %s: %s", kind, module.Name, err)}
		}
		var several ast.Errors
		switch {
		case errors.As(err, &several):
			for _, one := range several {
				problems = append(problems, one)
			}
		case err != nil:
			problems = append(problems, err)
		default:
			modules[module.Name] = parsed
		}
	}
	if len(problems) > 0 {
		return Answer{Error: listed(problems)}
	}
	var needs []Need
	compiler := ast.NewCompiler().
		WithCapabilities(capabilities()).
		WithDefaultRegoVersion(ast.RegoV1).
		WithKeepModules(true).
		WithEnablePrintStatements(request.Print)
	if !request.Bare {
		compiler = compiler.WithModuleLoader(func(resolved map[string]*ast.Module) (map[string]*ast.Module, error) {
			return load(resolved, request, &needs)
		})
	}
	compiler.Compile(modules)
	if len(needs) > 0 {
		return Answer{Needs: needs}
	}
	if compiler.Failed() && request.Loaded {
		return Answer{Error: "compile: " + compiler.Errors.Error()}
	}
	if compiler.Failed() {
		return Answer{Error: compiler.Errors.Error()}
	}
	lastPolicy++
	policies[lastPolicy] = &compiled{
		compiler: compiler,
		print:    request.Print,
		hasFiles: request.HasFiles,
		query:    map[string]*preparedQuery{},
	}
	return Answer{Policy: lastPolicy}
}

func parseModule(name string, text []byte) (*ast.Module, error) {
	return ast.ParseModuleWithOpts(name, string(text), ast.ParserOptions{RegoVersion: ast.RegoV1})
}

// listed is the text of OPA's package rego for errors; that of package ast differs by a colon.
func listed(problems []error) string {
	if len(problems) == 1 {
		return "1 error occurred: " + problems[0].Error()
	}
	text := fmt.Sprintf("%d errors occurred", len(problems))
	for _, one := range problems {
		text += "\n" + one.Error()
	}
	return text
}

// load parses the files that imports of `data.…` name, under the package that the import names.
func load(resolved map[string]*ast.Module, request *CompileRequest, needs *[]Need) (map[string]*ast.Module, error) {
	loaded := map[string]*ast.Module{}
	packages := map[string]bool{}
	if request.Loaded {
		for _, module := range resolved {
			packages[module.Package.Path.String()] = true
		}
	}
	for name, module := range resolved {
		for _, imported := range module.Imports {
			whole := imported.Path.Value.String()
			path, isData := strings.CutPrefix(whole, "data.")
			if !isData || packages[whole] {
				continue
			}
			file := strings.ReplaceAll(path, ".", "/") + ".rego"
			if _, known := resolved[file]; known {
				continue
			}
			if !request.HasFiles {
				return nil, fmt.Errorf("no policy FS defined for import %s", whole)
			}
			found, asked := request.Imports[file]
			if !asked {
				*needs = append(*needs, Need{Kind: "file", Key: file})
				continue
			}
			if found.Text == nil {
				problem := found.Problem
				if problem == "" {
					// Go's jail of a folder, which builds have, names the system call itself.
					call := "statat"
					if request.Loaded {
						call = "stat"
					}
					problem = fmt.Sprintf("%s %s: no such file or directory", call, file)
				}
				return nil, fmt.Errorf("import %s not found for module %s: %s", whole, name, problem)
			}
			parsed, err := parseModule(file, *found.Text)
			if err != nil {
				return nil, fmt.Errorf("failed to parse imported policy file %s for module %s: %w", file, name, err)
			}
			if parsed == nil {
				return nil, fmt.Errorf("failed to parse imported policy file %s for module %s: empty module", file, name)
			}
			ref := ast.Ref{parsed.Package.Path[0]}
			for _, part := range strings.Split(path, ".") {
				ref = append(ref, ast.StringTerm(part))
			}
			parsed.Package = &ast.Package{Path: ref}
			loaded[file] = parsed
		}
	}
	if len(*needs) > 0 {
		// The compiler stops here; the host supplies the files, and compiles everything again.
		return nil, fmt.Errorf("files are needed")
	}
	return loaded, nil
}

// capabilities are OPA's own functions that buildx allows, and those of this package.
func capabilities() *ast.Capabilities {
	caps := &ast.Capabilities{Features: slices.Clone(ast.Features)}
	for _, builtin := range ast.Builtins {
		if allowed[builtin.Name] {
			caps.Builtins = append(caps.Builtins, builtin)
		}
	}
	for name, function := range functions {
		caps.Builtins = append(caps.Builtins, &ast.Builtin{Name: name, Decl: function.decl})
	}
	slices.SortFunc(caps.Builtins, func(a, b *ast.Builtin) int { return strings.Compare(a.Name, b.Name) })
	return caps
}

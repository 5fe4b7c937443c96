// Package main is fairlead's policy engine: OPA's own compiler and evaluator, and the git, PGP and ssh
// code that BuildKit itself checks signatures with, as one WebAssembly module.
//
// A request holds all inputs of its answer. The answer lists a missing input (a file, metadata, a
// verified signature) under "needs", and the host repeats the request with it. Compiled policies are
// kept under a number.
package main

import "encoding/json"

// Request is a request of the host: one operation on the policy with that number.
type Request struct {
	Policy int `json:"policy"`
	// Release forgets the policy.
	Release bool `json:"release"`

	Compile *CompileRequest `json:"compile"`
	Check   *CheckRequest   `json:"check"`
	Test    *TestRequest    `json:"test"`
}

// Answer is the answer to a request. Error is the text of a failed operation.
type Answer struct {
	Error string `json:"error,omitempty"`
	Needs []Need `json:"needs,omitempty"`
	Logs  []Log  `json:"logs,omitempty"`

	Policy int `json:"policy,omitempty"`
	*CheckAnswer
	*TestAnswer
}

// Need names an input that the next request must hold. Key is the input's key in the host's table.
type Need struct {
	// Kind is "file", "material" or "attestation".
	Kind string `json:"kind"`
	Key  string `json:"key"`
	// Limit is the number of bytes to read of a file.
	Limit int `json:"limit,omitempty"`
	// Repository is searched for attestations of an artifact; empty: they are in the file Key.
	Repository string `json:"repository,omitempty"`
	// Source is the request for a material's metadata.
	Source *MetaRequest `json:"source,omitempty"`
}

// Log is a line for the vertex of the policy.
type Log struct {
	Level string `json:"level"`
	Text  string `json:"text"`
}

// missing is the panic that ends an evaluation until the host has supplied an input.
type missing struct{ need Need }

func (m missing) Error() string { return "needs " + m.need.Kind + " " + m.need.Key }

func serve(text []byte) Answer {
	var request Request
	if err := json.Unmarshal(text, &request); err != nil {
		return Answer{Error: "the request is no JSON: " + err.Error()}
	}
	switch {
	case request.Compile != nil:
		return compile(request.Compile)
	case request.Release:
		delete(policies, request.Policy)
		return Answer{}
	case request.Check != nil:
		return check(request.Policy, request.Check)
	case request.Test != nil && request.Test.Query != "":
		return query(request.Policy, request.Test)
	case request.Test != nil:
		return test(request.Policy, request.Test)
	}
	return Answer{Error: "the request names no operation"}
}

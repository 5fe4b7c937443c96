package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/util"
)

// QueryRequest is any query; OPA's own conformance cases use it.
type QueryRequest struct {
	Query string `json:"query"`
	// InputTerm is Rego's text of the input.
	InputTerm    string          `json:"inputTerm"`
	Data         json.RawMessage `json:"data"`
	StrictErrors bool            `json:"strictErrors"`
}

// QueryAnswer has an object of bindings for each answer, or the code of OPA's error.
type QueryAnswer struct {
	Bindings []map[string]any `json:"bindings,omitempty"`
	Code     string           `json:"code,omitempty"`
}

func query(number int, request *TestRequest) Answer {
	policy := policies[number]
	if policy == nil {
		return Answer{Error: fmt.Sprintf("there is no policy %d", number)}
	}
	body, err := ast.ParseBodyWithOpts(request.Query, ast.ParserOptions{RegoVersion: ast.RegoV1})
	if err != nil {
		return Answer{Error: err.Error()}
	}
	compiler := policy.compiler.QueryCompiler()
	if body, err = compiler.Compile(body); err != nil {
		return Answer{Error: err.Error()}
	}
	c := &checker{policy: policy, request: &request.CheckRequest}
	run, err := c.evaluation(Input{})
	if err != nil {
		return Answer{Error: err.Error()}
	}
	run.input = nil
	if request.InputTerm != "" {
		term, err := ast.ParseTerm(request.InputTerm)
		if err != nil {
			return Answer{Error: err.Error()}
		}
		run.input = term.Value
	}
	prepared := run.query(&preparedQuery{compiler: compiler, body: body}).WithStrictBuiltinErrors(request.StrictErrors)
	data := map[string]any{}
	if len(request.Data) > 0 {
		// Numbers keep all their digits.
		if err := util.UnmarshalJSON(request.Data, &data); err != nil {
			return Answer{Error: err.Error()}
		}
	}
	store := inmem.NewFromObject(data)
	transaction, err := store.NewTransaction(context.Background())
	if err != nil {
		return Answer{Error: err.Error()}
	}
	prepared = prepared.WithStore(store).WithTransaction(transaction)
	answer := &QueryAnswer{}
	results, err := prepared.Run(context.Background())
	var failed *topdown.Error
	if errors.As(err, &failed) {
		answer.Code = failed.Code
	}
	if err != nil {
		return Answer{Error: err.Error(), TestAnswer: &TestAnswer{QueryAnswer: answer}}
	}
	for _, result := range results {
		bindings := map[string]any{}
		for name, term := range result {
			value, err := ast.JSON(term.Value)
			if err != nil {
				return Answer{Error: err.Error()}
			}
			bindings[string(name)] = value
		}
		answer.Bindings = append(answer.Bindings, bindings)
	}
	return Answer{TestAnswer: &TestAnswer{QueryAnswer: answer}}
}

package main

import (
	"context"
	"errors"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/print"
)

// preparedQuery is a compiled query of the form `REF = x`.
type preparedQuery struct {
	compiler ast.QueryCompiler
	body     ast.Body
	// value is the variable that holds the answer.
	value ast.Var
}

// evaluation is one run of a policy over one input.
type evaluation struct {
	policy *compiled
	input  ast.Value
	// state holds the inputs of the builtins.
	state *state
	// deadline ends a policy that runs too long.
	deadline time.Time
	tracer   topdown.QueryTracer
}

// Only modules have documents below `data`.
var (
	noData         = inmem.New()
	noDataReads, _ = noData.NewTransaction(context.Background())
)

var errTooLong = errors.New("the policy was stopped: it ran longer than its time limit")

func (policy *compiled) prepare(text string) (*preparedQuery, error) {
	if known := policy.query[text]; known != nil {
		return known, nil
	}
	ref, err := ast.ParseRef(text)
	if err != nil {
		return nil, err
	}
	value := ast.VarTerm("$value")
	queryCompiler := policy.compiler.QueryCompiler().WithEnablePrintStatements(policy.print)
	body, err := queryCompiler.Compile(ast.NewBody(ast.Equality.Expr(ast.NewTerm(ref), value)))
	if err != nil {
		return nil, err
	}
	name := value.Value.(ast.Var)
	for rewritten, original := range queryCompiler.RewrittenVars() {
		if original == name {
			name = rewritten
		}
	}
	prepared := &preparedQuery{compiler: queryCompiler, body: body, value: name}
	policy.query[text] = prepared
	return prepared, nil
}

func (run *evaluation) query(prepared *preparedQuery) *topdown.Query {
	query := topdown.NewQuery(prepared.body).
		WithQueryCompiler(prepared.compiler).
		WithCompiler(run.policy.compiler).
		WithBuiltins(run.state.functions()).
		WithStore(noData).
		WithTransaction(noDataReads).
		WithIndexing(true).
		WithEarlyExit(true).
		WithSkipPartialNamespace(true)
	if run.input != nil {
		query = query.WithInput(ast.NewTerm(run.input))
	}
	if run.policy.print {
		query = query.WithPrintHook(run.state)
	}
	if run.tracer != nil {
		query = query.WithQueryTracer(run.tracer)
	}
	// The module has one thread, so no other thread can end the evaluation: it reads the clock itself.
	return query.WithCancel(&clock{deadline: run.deadline})
}

// clock is a topdown.Cancel that fires when its time is over. It is asked for every expression.
type clock struct {
	deadline time.Time
	asked    int
	over     bool
}

func (c *clock) Cancel() { c.over = true }

func (c *clock) Cancelled() bool {
	if c.asked++; c.asked%1024 == 0 && time.Now().After(c.deadline) {
		c.over = true
	}
	return c.over
}

// value is the answer of the query; nil where it is undefined.
func (run *evaluation) value(text string) (ast.Value, error) {
	prepared, err := run.policy.prepare(text)
	if err != nil {
		return nil, err
	}
	query := run.query(prepared)
	var found ast.Value
	err = query.Iter(context.Background(), func(result topdown.QueryResult) error {
		if term, ok := result[prepared.value]; ok {
			found = term.Value
		}
		return nil
	})
	return found, run.explain(err)
}

// support holds the rules that partial evaluation leaves: the answer depends on them besides the query.
func (run *evaluation) support(text string, unknowns []string) ([]*ast.Module, error) {
	prepared, err := run.policy.prepare(text)
	if err != nil {
		return nil, err
	}
	terms := make([]*ast.Term, len(unknowns))
	for i, unknown := range unknowns {
		if terms[i], err = ast.ParseTerm(unknown); err != nil {
			return nil, err
		}
	}
	query := run.query(prepared)
	_, support, err := query.WithUnknowns(terms).PartialRun(context.Background())
	return support, run.explain(err)
}

func (run *evaluation) explain(err error) error {
	if run.state.lacks != nil {
		return *run.state.lacks
	}
	if topdown.IsCancel(err) {
		return errTooLong
	}
	return err
}

// Print is topdown's hook for print statements.
func (s *state) Print(at print.Context, text string) error {
	s.log("info", at.Location.Format("%s", text))
	return nil
}

// halt ends an evaluation from a builtin; an ordinary error would only make the expression undefined.
func halt(err error) error {
	return topdown.Halt{Err: err}
}

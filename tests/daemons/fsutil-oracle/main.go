// fsutil-oracle answers what BuildKit's own client code would put on the wire for a folder.
//
// It reads one JSON request a line and writes one JSON answer a line, in order, so that a test
// compares thousands of trees with one process. An answer has either the result or "error"; a
// request that is no JSON ends the program with exit code 1.
//
//	{"op":"stat","root":"/tmp/t"}
//	{"op":"filter","root":"/tmp/t","include":["a"],"exclude":["*.o"],"follow":["link"]}
//	    -> {"stats":[STAT…]}: the PACKET_STAT sequence of a build context, without its empty end mark
//	{"op":"match","patterns":["*.o","!a.o"],"paths":["a.o","b/c"]}
//	    -> {"matches":[bool…],"walked":[bool…]}: see match.go
//	{"op":"follow","root":"/tmp/t","paths":["link"]}
//	    -> {"paths":[string…]}, or null where a followed path is the root itself (no filter then)
//
// Strings are JSON, so names that are no UTF-8 arrive mangled in "path"; "raw" (base64 of the
// STAT's protobuf bytes) is always exact. Where a tree has more than one xattr on a file, the
// order inside "raw" is random, as it is in fsutil.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

type request struct {
	Op       string   `json:"op"`
	Root     string   `json:"root"`
	Include  []string `json:"include"`
	Exclude  []string `json:"exclude"`
	Follow   []string `json:"follow"`
	Patterns []string `json:"patterns"`
	Paths    []string `json:"paths"`
}

func answer(r request) (any, error) {
	switch r.Op {
	case "stat":
		return filter(r.Root, nil, nil, nil)
	case "filter":
		return filter(r.Root, r.Include, r.Exclude, r.Follow)
	case "match":
		return match(r.Patterns, r.Paths)
	case "follow":
		return follow(r.Root, r.Paths)
	}
	return nil, fmt.Errorf("unknown op %q; ops: stat filter match follow", r.Op)
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 64<<20)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for in.Scan() {
		var r request
		if err := json.Unmarshal(in.Bytes(), &r); err != nil {
			fatal(err)
		}
		result, err := answer(r)
		if err != nil {
			result = map[string]string{"error": err.Error()}
		}
		if err := encoder.Encode(result); err != nil {
			fatal(err)
		}
		if err := out.Flush(); err != nil {
			fatal(err)
		}
	}
	if err := in.Err(); err != nil {
		fatal(err)
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "fsutil-oracle:", err)
	os.Exit(1)
}

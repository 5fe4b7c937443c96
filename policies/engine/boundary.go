package main

// The boundary of a module has two functions. The host asks `alloc` for room and writes a JSON request
// there; `call` returns the address and the length of a JSON answer. Both modules have this file.

import (
	"encoding/json"
	"fmt"
	"runtime/debug"
	"unsafe"
)

var held = map[uint32][]byte{}

//go:wasmexport alloc
func alloc(size uint32) uint32 {
	room := make([]byte, max(size, 1))
	at := uint32(uintptr(unsafe.Pointer(&room[0])))
	held[at] = room
	return at
}

//go:wasmexport call
func call(at, size uint32) uint64 {
	text := held[at][:size]
	delete(held, at)
	answer, err := json.Marshal(answered(text))
	if err != nil {
		answer = []byte(`{"error":"the answer can't be written as JSON"}`)
	}
	clear(held)
	out := uint32(uintptr(unsafe.Pointer(&answer[0])))
	held[out] = answer
	return uint64(out)<<32 | uint64(len(answer))
}

// answered turns a panic into an answer with an error, because the host can't use the module after one.
func answered(text []byte) (answer any) {
	defer func() {
		if thrown := recover(); thrown != nil {
			answer = map[string]string{
				"error": fmt.Sprintf("the policy engine failed: %v\n%s", thrown, debug.Stack()),
			}
		}
	}()
	return serve(text)
}

func main() {}

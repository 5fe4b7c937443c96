// Package main verifies Sigstore's signatures for policies, as one WebAssembly module: policy-helpers,
// with which buildx verifies them, on top of sigstore-go and go-tuf.
//
// A request holds all inputs of its answer. An answer that lacks files of a TUF repository lists them
// under "needs", and the host repeats the request with them.
package main

import "encoding/json"

// Request is a request of the host: one of these.
type Request struct {
	Trust    *TrustRequest    `json:"trust"`
	Image    *ImageRequest    `json:"image"`
	Artifact *ArtifactRequest `json:"artifact"`
}

// Answer is the answer to a request. Error says why nothing was verified.
type Answer struct {
	Error     string     `json:"error,omitempty"`
	Needs     []Need     `json:"needs,omitempty"`
	Trust     *Trust     `json:"trust,omitempty"`
	Signature *Signature `json:"signature,omitempty"`
	// Unsigned says that an image has no signature that could be verified.
	Unsigned bool `json:"unsigned,omitempty"`
}

// Need names a file of the TUF repository, and the most bytes that it may have.
type Need struct {
	Key   string `json:"key"`
	Limit int64  `json:"limit"`
}

func serve(text []byte) Answer {
	var request Request
	if err := json.Unmarshal(text, &request); err != nil {
		return Answer{Error: "the request is no JSON: " + err.Error()}
	}
	switch {
	case request.Trust != nil:
		return request.Trust.answer()
	case request.Image != nil:
		return request.Image.answer()
	case request.Artifact != nil:
		return request.Artifact.answer()
	}
	return Answer{Error: "the request names no operation"}
}

package main

import "github.com/moby/policy-helpers/types"

// Signature is a verified signature as a policy sees it: the fields and names of buildx.
type Signature struct {
	Kind            string                              `json:"kind,omitempty"`
	Type            string                              `json:"type,omitempty"`
	Timestamps      []types.TimestampVerificationResult `json:"timestamps,omitempty"`
	DockerReference string                              `json:"dockerReference,omitempty"`
	IsDHI           bool                                `json:"isDHI,omitempty"`
	Signer          *Signer                             `json:"signer,omitempty"`
}

// Signer has the facts in a certificate; the names are those of Fulcio's extensions
// (https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md).
type Signer struct {
	CertificateIssuer                   string `json:"certificateIssuer"`
	SubjectAlternativeName              string `json:"subjectAlternativeName"`
	Issuer                              string `json:"issuer,omitempty"`
	BuildSignerURI                      string `json:"buildSignerURI,omitempty"`
	BuildSignerDigest                   string `json:"buildSignerDigest,omitempty"`
	RunnerEnvironment                   string `json:"runnerEnvironment,omitempty"`
	SourceRepositoryURI                 string `json:"sourceRepositoryURI,omitempty"`
	SourceRepositoryDigest              string `json:"sourceRepositoryDigest,omitempty"`
	SourceRepositoryRef                 string `json:"sourceRepositoryRef,omitempty"`
	SourceRepositoryIdentifier          string `json:"sourceRepositoryIdentifier,omitempty"`
	SourceRepositoryOwnerURI            string `json:"sourceRepositoryOwnerURI,omitempty"`
	SourceRepositoryOwnerIdentifier     string `json:"sourceRepositoryOwnerIdentifier,omitempty"`
	BuildConfigURI                      string `json:"buildConfigURI,omitempty"`
	BuildConfigDigest                   string `json:"buildConfigDigest,omitempty"`
	BuildTrigger                        string `json:"buildTrigger,omitempty"`
	RunInvocationURI                    string `json:"runInvocationURI,omitempty"`
	SourceRepositoryVisibilityAtSigning string `json:"sourceRepositoryVisibilityAtSigning,omitempty"`
}

var kinds = map[types.Kind]string{
	types.KindDockerGithubBuilder:  "docker-github-builder",
	types.KindDockerHardenedImage:  "docker-hardened-image",
	types.KindSelfSignedGithubRepo: "self-signed-github-repo",
	types.KindSelfSigned:           "self-signed",
	types.KindUntrusted:            "untrusted",
}

var signatureTypes = map[types.SignatureType]string{
	types.SignatureBundleV03:       "bundle-v0.3",
	types.SignatureSimpleSigningV1: "simplesigning-v1",
}

func signatureOf(info *types.SignatureInfo) *Signature {
	read := &Signature{
		Kind:            kinds[info.Kind],
		Type:            signatureTypes[info.SignatureType],
		Timestamps:      info.Timestamps,
		DockerReference: info.DockerReference,
		IsDHI:           info.IsDHI,
	}
	for i := range read.Timestamps {
		read.Timestamps[i].Timestamp = read.Timestamps[i].Timestamp.UTC()
	}
	if by := info.Signer; by != nil {
		read.Signer = &Signer{
			CertificateIssuer:                   by.CertificateIssuer,
			SubjectAlternativeName:              by.SubjectAlternativeName,
			Issuer:                              by.Issuer,
			BuildSignerURI:                      by.BuildSignerURI,
			BuildSignerDigest:                   by.BuildSignerDigest,
			RunnerEnvironment:                   by.RunnerEnvironment,
			SourceRepositoryURI:                 by.SourceRepositoryURI,
			SourceRepositoryDigest:              by.SourceRepositoryDigest,
			SourceRepositoryRef:                 by.SourceRepositoryRef,
			SourceRepositoryIdentifier:          by.SourceRepositoryIdentifier,
			SourceRepositoryOwnerURI:            by.SourceRepositoryOwnerURI,
			SourceRepositoryOwnerIdentifier:     by.SourceRepositoryOwnerIdentifier,
			BuildConfigURI:                      by.BuildConfigURI,
			BuildConfigDigest:                   by.BuildConfigDigest,
			BuildTrigger:                        by.BuildTrigger,
			RunInvocationURI:                    by.RunInvocationURI,
			SourceRepositoryVisibilityAtSigning: by.SourceRepositoryVisibilityAtSigning,
		}
	}
	return read
}

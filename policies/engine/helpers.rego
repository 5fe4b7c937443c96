# Rules that every policy of package docker may call. Their names and verdicts are buildx's.
package docker

# A signature was made by Docker's reusable GitHub workflow, for this repository.
docker_github_builder_signature(sig, repo) if {
	count(sig.timestamps) >= 1
	sig.type == "bundle-v0.3"
	sig.kind == "docker-github-builder"
	sig.signer.runnerEnvironment == "github-hosted"
	sig.signer.issuer == "https://token.actions.githubusercontent.com"
	sig.signer.certificateIssuer == "CN=sigstore-intermediate,O=sigstore.dev"
	sig.signer.sourceRepositoryURI == concat("/", ["https://github.com", repo])
}

# An image has a provenance and such a signature.
docker_github_builder(image, repo) if {
	image.hasProvenance
	docker_github_builder_signature(image.signatures[_], repo)
}

# The same, and a signature names the tag that it was built from.
docker_github_builder_tag(image, repo, tag) if {
	docker_github_builder(image, repo)
	image.signatures[_].signer.sourceRepositoryRef == concat("/", ["refs/tags", tag])
}

# A bundle beside the policy signs the downloaded file.
docker_github_builder_bundle(http, filename, repo) if {
	docker_github_builder_signature(artifact_attestation(http, filename), repo)
}

# The attestation that GitHub keeps of a file of a release.
github_release_attestation(http) := github_attestation(http, concat("/", [owner, name])) if {
	[http.schema, lower(http.host)] == ["https", "github.com"]
	pattern := `^/([^/]+)/([^/]+)/releases/download/[^/]+/.+$`
	[[_, owner, name]] := regex.find_all_string_submatch_n(pattern, http.path, 1)
}

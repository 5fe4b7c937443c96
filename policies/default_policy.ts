/**
 * The policy of `BUILDX_DEFAULT_POLICY`. It is about the images of Docker that builds use unasked:
 * frontends, the scanner of SBOMs, BuildKit itself. Docker's builder must have signed them for the
 * repository and the release that their tag names. Its verdicts and its message are those of buildx
 * v0.36.1.
 */

/** The file name of the policy in the log, as in buildx. */
export const DEFAULT_POLICY_NAME = "buildx_default_policy.rego";

export const DEFAULT_POLICY = String.raw`package docker

# The repository on GitHub that signs an image.
signing_repository := {
	"docker.io/docker/dockerfile": "moby/buildkit",
	"docker.io/docker/dockerfile-upstream": "moby/buildkit",
	"docker.io/docker/buildkit-syft-scanner": "docker/buildkit-syft-scanner",
	"docker.io/moby/buildkit": "moby/buildkit",
}

# The family of an image decides how its tags are read.
family := "frontend" if input.image.fullRepo in {"docker.io/docker/dockerfile", "docker.io/docker/dockerfile-upstream"}

family := "scanner" if input.image.fullRepo == "docker.io/docker/buildkit-syft-scanner"

family := "buildkit" if input.image.fullRepo == "docker.io/moby/buildkit"

# Tags that move with each release or commit: any signature of the repository will do.
moving("frontend", tag) if tag in {"latest", "labs", "master"}

moving("scanner", tag) if tag == "latest"

moving("buildkit", tag) if tag in {"latest", "latest-ubuntu", "rootless"}

moving("buildkit", tag) if regex.match("^(master|nightly)(-rootless|-ubuntu)?$", tag)

moving("buildkit", tag) if regex.match("^buildx-stable-[0-9]+(-rootless|-gpu)?$", tag)

# The major and the minor version of a tag. A tag of a major version alone stands for its newest release.
version(tag) := [to_number(found[1]), to_number(found[2])] if {
	some found in regex.find_all_string_submatch_n("^([0-9]+)[.]([0-9]+)(?:[.][0-9]+)?(?:-labs)?$", tag, 1)
}

version(tag) := [to_number(found[1]), 999999] if {
	some found in regex.find_all_string_submatch_n("^([0-9]+)(?:-labs)?$", tag, 1)
}

# The release of BuildKit that a tag names, without the variant of the image.
release(tag) := found[1] if {
	some found in regex.find_all_string_submatch_n("^(v[0-9]+[.][0-9]+[.][0-9]+(?:-rc[0-9]+)?)(?:-rootless|-ubuntu)?$", tag, 1)
}

# Releases are signed from these versions on.
signed_release("frontend", tag) if version(tag) >= [1, 21]

signed_release("scanner", tag) if version(tag) >= [1, 10]

signed_release("buildkit", tag) if version(trim_prefix(split(release(tag), "-")[0], "v")) >= [0, 27]

# A reference of the repository belongs to a tag: the tag may leave out later parts of the version.
same_release("frontend", tag, ref) if {
	startswith(ref, "refs/tags/dockerfile/")
	found := trim_prefix(ref, "refs/tags/dockerfile/")
	endswith(tag, "-labs") == endswith(found, "-labs")
	covers(trim_suffix(tag, "-labs"), trim_suffix(found, "-labs"))
}

same_release("scanner", tag, ref) if {
	startswith(ref, "refs/tags/")
	covers(tag, trim_prefix(ref, "refs/tags/"))
}

same_release("buildkit", tag, ref) if ref == concat("", ["refs/tags/", release(tag)])

covers(selector, found) if selector == found

covers(selector, found) if {
	regex.match("^[0-9]+[.][0-9]+$", selector)
	version(selector) == version(found)
}

covers(selector, found) if {
	regex.match("^[0-9]+$", selector)
	version(selector)[0] == version(found)[0]
}

must_be_signed(tag) if moving(family, tag)

must_be_signed(tag) if {
	not moving(family, tag)
	signed_release(family, tag)
}

is_signed(tag) if {
	moving(family, tag)
	some signature in input.image.signatures
	docker_github_builder_signature(signature, signing_repository[input.image.fullRepo])
}

is_signed(tag) if {
	not moving(family, tag)
	some signature in input.image.signatures
	docker_github_builder_signature(signature, signing_repository[input.image.fullRepo])
	same_release(family, tag, signature.signer.sourceRepositoryRef)
}

denied contains message if {
	tag := input.image.tag
	must_be_signed(tag)
	not is_signed(tag)
	message := sprintf(
		"image %s is not allowed by default policy: a verified docker-github-builder signature is required for %s tag",
		[input.image.ref, tag],
	)
}

decision := {"allow": count(denied) == 0, "deny_msg": [message | some message in denied]}
`;

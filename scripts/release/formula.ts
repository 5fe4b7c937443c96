/** The formula by which Homebrew installs a release: https://docs.brew.sh/Formula-Cookbook */

const DOWNLOADS = "https://github.com/fairlead/fairlead/releases/download";
const PLATFORMS = [
  ["macos", "arm", "macos-arm64"],
  ["macos", "intel", "macos-x64"],
  ["linux", "arm", "linux-arm64"],
  ["linux", "intel", "linux-x64"],
] as const;

/**
 * The formula's text.
 * @param tag `vX.Y.Z`
 * @param sums SHA-256 of the release's files, by name; platforms without a file are left out
 * @param downloads the address below which the files of the tag are
 */
export function formula(
  tag: string,
  sums: ReadonlyMap<string, string>,
  downloads: string = DOWNLOADS,
): string {
  const parts = PLATFORMS.flatMap(([system, processor, target]) => {
    const name = `fairlead-${target}.gz`;
    const sum = sums.get(name);
    return sum === undefined ? [] : [`  on_${system} do
    on_${processor} do
      url "${downloads}/${tag}/${name}"
      sha256 "${sum}"
    end
  end
`];
  });
  return `class Fairlead < Formula
  desc "Standalone BuildKit client that replaces docker buildx"
  homepage "https://github.com/fairlead/fairlead"
  version "${tag.slice(1)}"
  license "Apache-2.0"

${parts.join("\n")}
  def install
    bin.install Dir["fairlead-*"].first => "fairlead"
    chmod 0755, bin/"fairlead"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/fairlead version")
  end
end
`;
}

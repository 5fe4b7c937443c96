# A stand-in for Homebrew, as far as the formula of a release uses it:
# https://docs.brew.sh/Formula-Cookbook It can't show that Homebrew takes the formula; it does show
# that the formula's steps fit the release.
#
#   ruby homebrew.rb FORMULA SYSTEM PROCESSOR PREFIX
#
# It downloads the file for the system and the processor, compares its checksum, and unpacks it in
# an empty folder, as Homebrew does. Then it installs it below PREFIX, and runs the formula's test.
# With `-` for PREFIX it only prints the address.
require "digest"
require "fileutils"
require "pathname"
require "tmpdir"

formula, $system, $processor, prefix = ARGV

class Pathname
  # Moves a file into this folder: `install "a" => "b"` renames it.
  def install(sources)
    mkpath
    sources.each { |from, to| FileUtils.mv(from, self / to) }
  end
end

class Formula
  include FileUtils

  class << self
    attr_reader :test_block

    %i[desc homepage version license url sha256].each do |name|
      define_method(name) do |*given|
        raise "#{name} is given twice" if !given.empty? && instance_variable_defined?("@#{name}")

        instance_variable_set("@#{name}", given.first) unless given.empty?
        instance_variable_get("@#{name}")
      end
    end

    %i[macos linux].each { |name| define_method("on_#{name}") { |&block| block.call if $system == name.to_s } }
    %i[arm intel].each { |name| define_method("on_#{name}") { |&block| block.call if $processor == name.to_s } }

    def test(&block)
      @test_block = block
    end
  end

  def initialize(prefix)
    @prefix = Pathname.new(prefix)
  end

  def bin
    @prefix / "bin"
  end

  def version
    self.class.version
  end

  def shell_output(command)
    output = `#{command}`
    raise "#{command} failed" unless $?.success?

    output
  end

  def assert_match(expected, actual)
    raise "#{expected} is not in #{actual}" unless actual.include?(expected)
  end
end

load formula
raise "no file for #{$system} on #{$processor}" if Fairlead.url.nil?

if prefix == "-"
  puts Fairlead.url
  exit
end
Dir.mktmpdir do |work|
  Dir.chdir(work)
  archive = File.basename(Fairlead.url)
  system("curl", "-fsSL", "-o", archive, Fairlead.url) or raise "cannot download #{Fairlead.url}"
  raise "the checksum is wrong" unless Digest::SHA256.file(archive).hexdigest == Fairlead.sha256

  system("gzip", "-d", archive) or raise "cannot unpack #{archive}"
  installed = Fairlead.new(prefix)
  installed.install
  installed.instance_eval(&Fairlead.test_block)
end
puts "installed"

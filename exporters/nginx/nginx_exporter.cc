#include "exporters/nginx/nginx_exporter.h"

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "exporters/difference.h"
#include "exporters/marker.h"
#include "exporters/nginx/control.h"
#include "exporters/nginx/files.h"
#include "exporters/nginx/settings.h"
#include "platform/atomic_file.h"

namespace exporters {
namespace nginx {
namespace {

constexpr std::size_t kFileMax = 4UL * 1024 * 1024 * 1024;
// A name that no list blocks.
constexpr const char* kControlName = "control.sekisho.invalid";

tl::unexpected<Failure> Unchanged(std::string reason) {
  return tl::unexpected(Failure{DeviceState::unchanged, std::move(reason)});
}

// Up to `count` names of the list, from all over it.
std::vector<std::string> SampleNames(const policy::ListSnapshot& list, std::size_t count) {
  constexpr std::string_view kind = "domain ";
  std::vector<std::string> names;
  std::size_t domains = 0;
  while (domains < list.size() && list.line(domains).starts_with(kind)) ++domains;
  for (std::size_t i = 0; i < std::min(count, domains); ++i) {
    const std::string name(list.line(i * domains / std::min(count, domains)).substr(kind.size()));
    if (!name.ends_with(kMarkerDomain)) names.push_back(name);
  }
  return names;
}

class NginxExporter final : public Exporter {
 public:
  NginxExporter(Settings settings, std::string version, const Environment& environment)
      : settings_(std::move(settings)),
        version_(std::move(version)),
        scratch_(environment.state_dir / "scratch"),
        clock_(environment.clock) {}

  Profile profile() const override { return {version_, {"domain", "ip"}, 0}; }
  Result<Artifact> Render(const policy::ListSnapshot& list) const override { return FilesOf(list); }
  Outcome<Proof> Apply(const Change& change) override;
  Outcome<Proof> ReadBack(const policy::ListSnapshot& list) override;
  Outcome<std::vector<policy::Indicator>> Blocked(
      const std::vector<policy::Indicator>& targets) override;

  // nginx doesn't start without the files that its rules name.
  Result<void> EnsureFiles() const;

 private:
  Result<std::vector<ArtifactFile>> ReadFiles() const;
  Result<void> WriteFiles(const std::vector<ArtifactFile>& files) const;
  std::string Problem(const policy::ListSnapshot& list, const policy::Delta& delta) const;
  tl::unexpected<Failure> PutBack(const std::vector<ArtifactFile>& before,
                                  const std::string& reason) const;

  Settings settings_;
  std::string version_;
  std::filesystem::path scratch_;
  const platform::Clock& clock_;
};

Result<void> NginxExporter::EnsureFiles() const {
  std::error_code error;
  std::filesystem::create_directories(settings_.directory, error);
  auto artifact = FilesOf(*policy::ListSnapshot::Empty());
  if (!artifact) return tl::unexpected(artifact.error());
  std::erase_if(artifact->files, [&](const ArtifactFile& file) {
    return std::filesystem::exists(settings_.directory / file.name, error);
  });
  return WriteFiles(artifact->files);
}

Result<std::vector<ArtifactFile>> NginxExporter::ReadFiles() const {
  std::vector<ArtifactFile> files;
  for (const char* name : {kNamesFile, kAddressesFile}) {
    auto bytes = platform::ReadFile(settings_.directory / name, kFileMax);
    if (!bytes) return tl::unexpected(bytes.error());
    files.push_back({name, std::move(*bytes)});
  }
  return files;
}

Result<void> NginxExporter::WriteFiles(const std::vector<ArtifactFile>& files) const {
  for (const ArtifactFile& file : files) {
    auto ok = platform::WriteFileAtomically(settings_.directory / file.name, file.bytes, 0644);
    if (!ok) return ok;
  }
  return {};
}

// Says what is wrong with what nginx does; empty if nothing is.
std::string NginxExporter::Problem(const policy::ListSnapshot& list,
                                   const policy::Delta& delta) const {
  const std::string marker = MarkerOf(list.digest());
  if (Ask(settings_, marker) != Answer::blocked) {
    return "nginx does not hold this list: it does not block " + marker +
           "; see that its configuration has the rules of exporters/nginx/rules.conf, that probe "
           "is "
           "where it listens, and what its error log says";
  }
  std::vector<std::string> blocked = SampleNames(list, settings_.samples);
  for (std::string& name :
       SampleNames(*policy::ListSnapshot::FromLines(delta.added), settings_.samples)) {
    blocked.push_back(std::move(name));
  }
  for (const std::string& name : blocked) {
    if (Ask(settings_, name) != Answer::blocked) {
      return "nginx does not block " + name + ", which is on the list";
    }
  }
  if (Ask(settings_, kControlName) != Answer::let_through) {
    return "nginx does not let " + std::string(kControlName) + " through, which no list blocks";
  }
  return {};
}

Outcome<std::vector<policy::Indicator>> NginxExporter::Blocked(
    const std::vector<policy::Indicator>& targets) {
  std::vector<policy::Indicator> blocked;
  for (const policy::Indicator& target : targets) {
    const auto* const domain = std::get_if<policy::Domain>(&target);
    if (domain != nullptr && Ask(settings_, domain->name()) == Answer::blocked) {
      blocked.push_back(target);
    }
  }
  return blocked;
}

tl::unexpected<Failure> NginxExporter::PutBack(const std::vector<ArtifactFile>& before,
                                               const std::string& reason) const {
  const auto failed = [&](const std::string& why) {
    return tl::unexpected(
        Failure{DeviceState::unknown, reason + "; going back to the list before failed: " + why});
  };
  if (auto ok = WriteFiles(before); !ok) return failed(ok.error().detail);
  // If nginx can't reload at all, it has the list before still.
  if (auto ok = Reload(settings_, clock_); !ok && ok.error().code != policy::ErrorCode::exhausted) {
    return failed(ok.error().detail);
  }
  // ".MARKER 1;" is the first line.
  const std::string& names = before.front().bytes;
  const std::string marker = names.substr(1, names.find(' ') - 1);
  if (Ask(settings_, marker) != Answer::blocked) {
    return failed("nginx does not block " + marker + ", the name made of its digest");
  }
  return Unchanged(reason + "; went back to the list before");
}

Outcome<Proof> NginxExporter::Apply(const Change& change) {
  const auto artifact = FilesOf(change.list);
  if (!artifact) return Unchanged(artifact.error().detail);
  if (auto ok = EnsureFiles(); !ok) return Unchanged(ok.error().detail);
  const auto before = ReadFiles();
  if (!before) return Unchanged(before.error().detail);
  if (auto ok = Check(settings_, *artifact, scratch_); !ok) return Unchanged(ok.error().detail);
  if (auto ok = WriteFiles(artifact->files); !ok) return PutBack(*before, ok.error().detail);
  if (auto ok = Reload(settings_, clock_); !ok) {
    if (ok.error().code == policy::ErrorCode::exhausted) return PutBack(*before, ok.error().detail);
    // It may start at any time: not with a list that nobody has seen to work.
    const bool undone = WriteFiles(*before).has_value();
    return tl::unexpected(
        Failure{undone ? DeviceState::unchanged : DeviceState::unknown, ok.error().detail});
  }
  if (auto problem = Problem(change.list, change.delta); !problem.empty()) {
    return PutBack(*before, problem);
  }
  return ReadBack(change.list);
}

Outcome<Proof> NginxExporter::ReadBack(const policy::ListSnapshot& list) {
  const auto artifact = FilesOf(list);
  if (!artifact) return Unchanged(artifact.error().detail);
  if (Ask(settings_, kControlName) == Answer::no_answer) {
    return Unchanged(fmt::format("no nginx answers at {} port {} (probe)", settings_.probe_host,
                                 settings_.probe_port));
  }
  const auto held = ReadFiles();
  if (!held) return Proof{false, 0, artifact->not_enforceable, held.error().detail};
  for (std::size_t i = 0; i < held->size(); ++i) {
    if ((*held)[i].bytes != artifact->files[i].bytes) {
      return Proof{false, 0, artifact->not_enforceable,
                   (settings_.directory / (*held)[i].name).string() + " is not this list's",
                   FileDifference((*held)[i].name, (*held)[i].bytes, artifact->files[i].bytes)};
    }
  }
  if (auto problem = Problem(list, {}); !problem.empty()) {
    return Proof{false, 0, artifact->not_enforceable, std::move(problem)};
  }
  return Proof{true, artifact->enforced, artifact->not_enforceable,
               fmt::format("nginx blocks a name made of this list's digest and {} of {} samples; "
                           "both files are byte for byte the list's",
                           SampleNames(list, settings_.samples).size(),
                           SampleNames(list, settings_.samples).size())};
}

}  // namespace
}  // namespace nginx

Result<std::unique_ptr<Exporter>> MakeNginx(const config::Node& node,
                                            const Environment& environment) {
  auto settings = nginx::ReadSettings(node);
  if (!settings) return tl::unexpected(settings.error());
  auto version = nginx::VersionOf(*settings);
  if (!version) return tl::unexpected(version.error());
  auto exporter = std::make_unique<nginx::NginxExporter>(std::move(*settings), std::move(*version),
                                                         environment);
  if (environment.check_only) return exporter;
  if (auto ok = exporter->EnsureFiles(); !ok) return tl::unexpected(ok.error());
  return exporter;
}

}  // namespace exporters

#include "exporters/rpz/rpz_file_exporter.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "exporters/difference.h"
#include "exporters/rpz/probe.h"
#include "exporters/rpz/serial.h"
#include "exporters/rpz/settings.h"
#include "exporters/rpz/zone.h"
#include "platform/atomic_file.h"
#include "platform/log.h"
#include "platform/subprocess.h"

namespace exporters {
namespace rpz {
namespace {

namespace fs = std::filesystem;
using policy::ErrorCode;
using policy::Fail;
using policy::ListSnapshot;

constexpr std::size_t zone_file_max = std::size_t{4} << 30;
constexpr std::size_t sample_count = 8;

class RpzFileExporter final : public Exporter {
 public:
  RpzFileExporter(const FileSettings& settings, const Environment& environment)
      : settings_(settings),
        serials_(environment.state_dir / "serial"),
        resolvers_(settings.resolvers, settings.zone, {settings.zone.name},
                   settings.answer_timeout) {}

  Profile profile() const override {
    return ProfileOf("response policy zone in a file", settings_.zone);
  }

  Result<Artifact> Render(const ListSnapshot& list) const override {
    return ArtifactOf(list, settings_.zone);
  }

  Outcome<Proof> Apply(const Change& change) override {
    const auto before = platform::ReadFile(settings_.zone_file, zone_file_max);
    if (!before && before.error().code != ErrorCode::not_found) {
      return tl::unexpected(Unchanged(before.error().detail));
    }
    const std::uint32_t current = SerialIn(settings_.zone_file).value_or(serials_.Last(0));
    const std::uint32_t serial = NextSerial(current, serials_.Last(current));
    const auto zone = RenderZone(change.list, settings_.zone, serial);
    if (!zone) return tl::unexpected(Unchanged(zone.error().detail));
    if (auto ok = serials_.Remember(serial); !ok) {
      return tl::unexpected(Unchanged(ok.error().detail));
    }
    if (auto ok = Write(zone->bytes); !ok) return tl::unexpected(std::move(ok.error()));
    auto proven = Prove(change.list, zone->stamp);
    if (proven && proven->matches) return proven;
    // Resolvers that don't answer may well have the new file; only a wrong answer speaks against
    // it.
    if (!proven || !before) return proven;
    return tl::unexpected(PutBack(*before, NextSerial(serial, serial), proven->how));
  }

  Outcome<Proof> ReadBack(const ListSnapshot& list) override {
    const auto bytes = platform::ReadFile(settings_.zone_file, zone_file_max);
    if (!bytes && bytes.error().code != ErrorCode::not_found) {
      return tl::unexpected(Failure{DeviceState::unknown, bytes.error().detail});
    }
    const auto stamp = bytes ? StampIn(*bytes) : Fail(ErrorCode::not_found, "there is no file");
    if (!stamp) {
      return Proof{false, 0, 0,
                   fmt::format("{}: {}", settings_.zone_file.string(), stamp.error().detail)};
    }
    const auto zone = RenderZone(list, settings_.zone, stamp->serial);
    if (!zone) return tl::unexpected(Failure{DeviceState::unchanged, zone.error().detail});
    if (zone->bytes != *bytes) {
      return Proof{
          false, stamp->enforced, stamp->not_enforceable,
          fmt::format("{} holds {}", settings_.zone_file.string(),
                      stamp->digest == list.digest() ? "this list, but somebody changed the file"
                                                     : "the list " + policy::ToHex(stamp->digest)),
          FileDifference(settings_.zone_file.filename().string(), *bytes, zone->bytes)};
    }
    return Prove(list, *stamp);
  }

  Outcome<std::vector<policy::Indicator>> Blocked(
      const std::vector<policy::Indicator>& targets) override {
    auto blocked = resolvers_.Blocked(targets, settings_.enforce_timeout);
    if (!blocked) return tl::unexpected(Failure{DeviceState::unknown, blocked.error().detail});
    return *std::move(blocked);
  }

 private:
  static Failure Unchanged(std::string reason) {
    return {DeviceState::unchanged, std::move(reason)};
  }

  // Replaces the file and tells the resolvers.
  Outcome<void> Write(const std::string& bytes) const {
    const auto written = platform::WriteFileAtomically(settings_.zone_file, bytes, 0644);
    if (!written && written.error().code != ErrorCode::outcome_unknown) {
      return tl::unexpected(Unchanged(written.error().detail));
    }
    if (settings_.reload.empty()) return {};
    const auto output = platform::Run(settings_.reload, {});
    if (output && output->exit_code == 0) return {};
    return tl::unexpected(Failure{
        DeviceState::unknown,
        fmt::format(
            "the new file is in place, but `reload` ({}) failed: {}; the resolver has the "
            "old list or the new one",
            settings_.reload.front(),
            output ? fmt::format("exit code {}", output->exit_code) : output.error().detail)});
  }

  Outcome<Proof> Prove(const ListSnapshot& list, const Stamp& stamp) {
    Probes probes;
    probes.blocked = SampleBlocked(list, settings_.zone, sample_count, ++samples_);
    const auto proven = resolvers_.Prove({stamp}, probes, settings_.enforce_timeout);
    const std::string serial = fmt::format("serial {}", stamp.serial);
    if (!proven && proven.error().code != ErrorCode::conflict) {
      return tl::unexpected(
          Failure{DeviceState::unknown, serial + ", but: " + proven.error().detail});
    }
    std::string how = serial + "; " + (proven ? *proven : proven.error().detail);
    if (!settings_.zone.addresses) how += "; addresses are left out (`addresses: none`)";
    return Proof{proven.has_value(), stamp.enforced, stamp.not_enforceable, std::move(how)};
  }

  // By a newer serial, since secondaries of a primary that reads the file would not take an older.
  Failure PutBack(const std::string& before, std::uint32_t serial, const std::string& why) {
    const auto zone = WithSerial(before, settings_.zone, serial);
    const auto written = serials_.Remember(serial);
    const auto ok = Write(zone ? zone->bytes : before);
    if (!written || !ok) {
      return {DeviceState::unknown, why + "; the file before could not be put back: " +
                                        (ok ? written.error().detail : ok.error().reason)};
    }
    const bool proven =
        zone && resolvers_.Prove({zone->stamp}, {}, settings_.enforce_timeout).has_value();
    return {proven ? DeviceState::unchanged : DeviceState::unknown,
            why + "; the file before is back" +
                (proven ? ", and enforced" : ", but not every resolver answers with it")};
  }

  FileSettings settings_;
  SerialMemory serials_;
  Resolvers resolvers_;
  std::uint64_t samples_ = 0;  // so that each read-back asks for other names
};

}  // namespace
}  // namespace rpz

Result<std::unique_ptr<Exporter>> MakeRpzFile(const config::Node& settings,
                                              const Environment& environment) {
  const auto read = rpz::ReadFileSettings(settings);
  if (!read) return tl::unexpected(read.error());
  return std::unique_ptr<Exporter>(std::make_unique<rpz::RpzFileExporter>(*read, environment));
}

}  // namespace exporters

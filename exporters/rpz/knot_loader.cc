#include "exporters/rpz/knot_loader.h"

#include <fmt/format.h>

#include <algorithm>

#include "platform/log.h"

namespace exporters::rpz {

namespace fs = std::filesystem;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;

KnotLoader::KnotLoader(const Settings& settings, const fs::path& scratch_folder)
    : ZoneLoader({settings.zone_file, scratch_folder / "scratch.zone"}, settings.load_timeout),
      knot_(settings.knot.value()),
      zone_(settings.zone.name) {}

std::vector<std::string> KnotLoader::Knotc(const std::vector<std::string>& command) const {
  std::vector<std::string> argv{
      knot_.knotc.string(), "-s", knot_.socket.string(), "-t",
      std::to_string(std::max<std::int64_t>(1, timeout().count() / 1000))};
  argv.insert(argv.end(), command.begin(), command.end());
  return argv;
}

Result<std::string> KnotLoader::Version() const {
  const auto output = Run(Knotc({"status", "version"}), "knotc status", ErrorCode::unavailable);
  if (!output) return tl::unexpected(output.error());
  constexpr std::string_view label = "Version: ";
  const std::size_t at = output->out.find(label);
  if (at == std::string::npos) return Fail(ErrorCode::unavailable, "knotc names no version");
  const std::string line = output->out.substr(at + label.size());
  return "Knot DNS " + line.substr(0, line.find('\n'));
}

Result<void> KnotLoader::FindChecker() const {
  const auto output = platform::Run({knot_.kzonecheck.string(), "-V"}, {});
  if (output) return {};
  return Fail(output.error().code,
              fmt::format("cannot run kzonecheck ({}): {}; install knot-dnssecutils or set "
                          "`knot: kzonecheck`",
                          knot_.kzonecheck.string(), output.error().detail));
}

// By itself, Knot sends its NOTIFY up to a second after an update (3.2.6).
void KnotLoader::Announce() const {
  const auto output =
      Run(Knotc({"zone-notify", zone_}), "knotc zone-notify", ErrorCode::unavailable);
  if (!output) platform::Warn("{}", output.error().detail);
}

std::vector<std::string> KnotLoader::CheckCommand(const fs::path& file) const {
  return {knot_.kzonecheck.string(), "-o", zone_ + ".", "-d", "off", file.string()};
}

Result<void> KnotLoader::Hold(const Primary& /*primary*/) const {
  return {};
}

Result<void> KnotLoader::Reload(bool /*served*/) const {
  const auto output =
      Run(Knotc({"-b", "zone-reload", zone_}), "knotc zone-reload", ErrorCode::unavailable);
  if (!output) return tl::unexpected(output.error());
  return {};
}

}  // namespace exporters::rpz

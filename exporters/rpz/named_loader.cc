#include "exporters/rpz/named_loader.h"

#include <fmt/format.h>

#include <system_error>
#include <thread>
#include <utility>

#include "exporters/rpz/serial.h"

namespace exporters::rpz {
namespace {

namespace fs = std::filesystem;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::chrono::milliseconds pause{50};

}  // namespace

NamedLoader::NamedLoader(const Settings& settings, const fs::path& scratch_folder)
    : ZoneLoader({settings.zone_file, scratch_folder / "scratch.zone"}, settings.load_timeout),
      settings_(settings) {}

Result<platform::ProcessOutput> NamedLoader::Rndc(std::vector<std::string> command) const {
  const Endpoint& address = settings_.rndc_address;
  std::vector<std::string> argv{
      settings_.rndc.string(), "-k", settings_.rndc_key_file.string(), "-s",
      address.address,         "-p", std::to_string(address.port)};
  std::string what = "rndc";
  for (std::string& word : command) {
    what += " " + word;
    argv.push_back(std::move(word));
  }
  return Run(argv, what, ErrorCode::unavailable);
}

Result<std::string> NamedLoader::Version() const {
  const auto output = Rndc({"status"});
  if (!output) return tl::unexpected(output.error());
  constexpr std::string_view label = "version: ";
  const std::size_t at = output->out.find(label);
  if (at == std::string::npos) return Fail(ErrorCode::unavailable, "rndc status names no version");
  const std::string line = output->out.substr(at + label.size());
  return line.substr(0, line.find_first_of("\n<"));
}

Result<void> NamedLoader::FindChecker() const {
  const auto output = platform::Run({settings_.named_checkzone.string(), "-v"}, {});
  if (!output) {
    return Fail(output.error().code,
                fmt::format("cannot run named-checkzone ({}): {}; install bind9-utils or set "
                            "`named_checkzone`",
                            settings_.named_checkzone.string(), output.error().detail));
  }
  return {};
}

std::vector<std::string> NamedLoader::CheckCommand(const fs::path& file) const {
  return {settings_.named_checkzone.string(), "-i", "none", settings_.zone.name, file.string()};
}

Result<void> NamedLoader::Hold(const Primary& primary) const {
  if (auto frozen = Rndc({"freeze", settings_.zone.name}); !frozen) {
    if (frozen.error().detail.find("already frozen") == std::string::npos) {
      return tl::unexpected(frozen.error());
    }
    // An exporter died before its thaw. The link tells that it was already replacing the file.
    std::error_code ignored;
    if (fs::exists(previous(), ignored)) return {};
  }
  const auto deadline = std::chrono::steady_clock::now() + timeout();
  const auto served = primary.Read();
  if (!served) {
    static_cast<void>(Reload(true));
    return tl::unexpected(served.error());
  }
  // After that time the file is somebody else's, and named is not writing.
  while (SerialIn(zone_file()) != served->serial && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(pause);
  }
  return {};
}

Result<void> NamedLoader::Reload(bool served) const {
  if (!served) {
    // Else named would play the journal of another zone onto this one.
    std::error_code ignored;
    fs::remove(zone_file().string() + ".jnl", ignored);
  }
  const auto done = Rndc({served ? "thaw" : "reload", settings_.zone.name});
  if (!done) return tl::unexpected(done.error());
  return {};
}

}  // namespace exporters::rpz

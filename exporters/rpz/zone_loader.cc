#include "exporters/rpz/zone_loader.h"

#include <fmt/format.h>

#include <system_error>
#include <thread>

#include "exporters/rpz/serial.h"
#include "platform/atomic_file.h"
#include "platform/subprocess.h"

namespace exporters::rpz {
namespace {

namespace fs = std::filesystem;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::chrono::milliseconds pause{50};
constexpr std::size_t message_size_max = 600;

// The last words of a program, on one line: that's where its error is.
std::string LastWords(const platform::ProcessOutput& output) {
  std::string text = output.out + output.err;
  for (char& c : text) {
    if (c < ' ' || c == '\x7f') c = ' ';
  }
  return text.size() > message_size_max ? "..." + text.substr(text.size() - message_size_max)
                                        : text;
}

Failure Unchanged(const std::string& reason) {
  return {DeviceState::unchanged, reason};
}

}  // namespace

ZoneLoader::ZoneLoader(const Settings& settings, const fs::path& scratch_folder)
    : settings_(settings),
      scratch_(scratch_folder / "scratch.zone"),
      previous_(settings.zone_file.string() + ".previous") {}

Result<std::string> ZoneLoader::Version() const {
  platform::RunOptions options;
  options.timeout = std::chrono::seconds(5);
  const Endpoint& address = settings_.rndc_address;
  const auto output =
      platform::Run({settings_.rndc.string(), "-k", settings_.rndc_key_file.string(), "-s",
                     address.address, "-p", std::to_string(address.port), "status"},
                    options);
  if (!output) return tl::unexpected(output.error());
  constexpr std::string_view label = "version: ";
  const std::size_t at = output->out.find(label);
  if (output->exit_code != 0 || at == std::string::npos) {
    return Fail(ErrorCode::unavailable, "rndc status: " + LastWords(*output));
  }
  const std::string line = output->out.substr(at + label.size());
  return line.substr(0, line.find_first_of("\n<"));
}

Result<void> ZoneLoader::FindChecker() const {
  const auto output = platform::Run({settings_.named_checkzone.string(), "-v"}, {});
  if (!output) {
    return Fail(output.error().code,
                fmt::format("cannot run named-checkzone ({}): {}; install bind9-utils or set "
                            "`named_checkzone`",
                            settings_.named_checkzone.string(), output.error().detail));
  }
  return {};
}

Result<void> ZoneLoader::Rndc(std::string_view command) const {
  platform::RunOptions options;
  options.timeout = settings_.load_timeout;
  const Endpoint& address = settings_.rndc_address;
  const auto output = platform::Run(
      {settings_.rndc.string(), "-k", settings_.rndc_key_file.string(), "-s", address.address, "-p",
       std::to_string(address.port), std::string(command), settings_.zone.name},
      options);
  if (!output) return tl::unexpected(output.error());
  if (output->exit_code != 0) {
    return Fail(ErrorCode::unavailable,
                fmt::format("rndc {} {}: {}", command, settings_.zone.name, LastWords(*output)));
  }
  return {};
}

Result<void> ZoneLoader::Check(const std::string& bytes) const {
  if (auto ok = platform::WriteFileAtomically(scratch_, bytes, 0600); !ok) return ok;
  platform::RunOptions options;
  options.timeout = settings_.load_timeout;
  const auto output = platform::Run(
      {settings_.named_checkzone.string(), "-i", "none", settings_.zone.name, scratch_.string()},
      options);
  std::error_code ignored;
  fs::remove(scratch_, ignored);
  if (!output) {
    return Fail(output.error().code, "named-checkzone: " + output.error().detail);
  }
  if (output->exit_code != 0) {
    return Fail(ErrorCode::malformed_input,
                "named-checkzone refuses the zone: " + LastWords(*output));
  }
  return {};
}

Outcome<void> ZoneLoader::Load(const std::string& bytes, std::uint32_t serial, bool served,
                               const Primary& primary) const {
  if (auto ok = Check(bytes); !ok) return tl::unexpected(Unchanged(ok.error().detail));
  if (served) {
    if (auto ok = Freeze(primary); !ok) return tl::unexpected(Unchanged(ok.error().detail));
  }
  return Replace(bytes, serial, served, primary);
}

Result<void> ZoneLoader::Freeze(const Primary& primary) const {
  if (auto ok = Rndc("freeze"); !ok) {
    if (ok.error().detail.find("already frozen") == std::string::npos) return ok;
    // An exporter died before its thaw. The link tells that it was already replacing the file.
    std::error_code ignored;
    if (fs::exists(previous_, ignored)) return {};
  }
  const auto deadline = std::chrono::steady_clock::now() + settings_.load_timeout;
  const auto served = primary.Read();
  if (!served) {
    static_cast<void>(Rndc("thaw"));
    return tl::unexpected(served.error());
  }
  // After that time the file is somebody else's, and named is not writing.
  while (SerialIn(settings_.zone_file) != served->serial &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(pause);
  }
  return {};
}

Outcome<void> ZoneLoader::Replace(const std::string& bytes, std::uint32_t serial, bool served,
                                  const Primary& primary) const {
  std::error_code error;
  fs::remove(previous_, error);
  fs::create_hard_link(settings_.zone_file, previous_, error);
  const bool has_previous = !error;
  if (!served) {
    // Else named would play the journal of another zone onto this one.
    fs::remove(settings_.zone_file.string() + ".jnl", error);
  }
  auto written = platform::WriteFileAtomically(settings_.zone_file, bytes, 0644);
  if (!written && written.error().code != ErrorCode::outcome_unknown) {
    const auto thawed = served ? Rndc("thaw") : Result<void>();
    return tl::unexpected(
        Unchanged(fmt::format("cannot write the zone file: {}{}", written.error().detail,
                              thawed ? "" : "; and the zone is still frozen: run rndc thaw")));
  }
  if (auto ok = Rndc(served ? "thaw" : "reload"); !ok) {
    return tl::unexpected(Failure{DeviceState::unknown,
                                  ok.error().detail + "; named has the old zone or the new one"});
  }
  if (BecomesServed(serial, primary)) {
    fs::remove(previous_, error);
    return {};
  }
  if (!has_previous) {
    return tl::unexpected(
        Failure{DeviceState::unknown, "named does not serve the new zone; see its log"});
  }
  return tl::unexpected(TakeBack(served));
}

bool ZoneLoader::BecomesServed(std::uint32_t serial, const Primary& primary) const {
  const auto deadline = std::chrono::steady_clock::now() + settings_.load_timeout;
  for (;;) {
    const auto state = primary.Read();
    if (state && state->serial == serial) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(pause);
  }
}

Failure ZoneLoader::TakeBack(bool served) const {
  std::error_code error;
  fs::rename(previous_, settings_.zone_file, error);
  const auto reloaded = Rndc(served ? "thaw" : "reload");
  return {DeviceState::unknown,
          fmt::format("named did not load the new zone within {} s (see its log); the old zone "
                      "file {}",
                      settings_.load_timeout.count() / 1000,
                      error ? "could not be put back: " + error.message()
                            : (reloaded ? std::string("is back and loaded again")
                                        : "is back; " + reloaded.error().detail))};
}

}  // namespace exporters::rpz

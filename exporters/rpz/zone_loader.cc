#include "exporters/rpz/zone_loader.h"

#include <fmt/format.h>

#include <system_error>
#include <thread>
#include <utility>

#include "platform/atomic_file.h"

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

ZoneLoader::ZoneLoader(Files files, std::chrono::milliseconds timeout)
    : files_(std::move(files)), previous_(files_.zone.string() + ".previous"), timeout_(timeout) {}

Result<platform::ProcessOutput> ZoneLoader::Run(const std::vector<std::string>& command,
                                                const std::string& what, ErrorCode code) const {
  platform::RunOptions options;
  options.timeout = timeout_;
  auto output = platform::Run(command, options);
  if (!output) return Fail(output.error().code, what + ": " + output.error().detail);
  if (output->exit_code != 0) return Fail(code, what + ": " + LastWords(*output));
  return output;
}

Result<void> ZoneLoader::Check(const std::string& bytes) const {
  if (auto ok = platform::WriteFileAtomically(files_.scratch, bytes, 0600); !ok) return ok;
  const auto command = CheckCommand(files_.scratch);
  const auto output =
      Run(command, fs::path(command.front()).filename().string() + " refuses the zone",
          ErrorCode::malformed_input);
  std::error_code ignored;
  fs::remove(files_.scratch, ignored);
  if (!output) return tl::unexpected(output.error());
  return {};
}

Outcome<void> ZoneLoader::Load(const std::string& bytes, std::uint32_t serial, bool served,
                               const Primary& primary) const {
  if (auto ok = Check(bytes); !ok) return tl::unexpected(Unchanged(ok.error().detail));
  if (served) {
    if (auto ok = Hold(primary); !ok) return tl::unexpected(Unchanged(ok.error().detail));
  }
  std::error_code error;
  fs::remove(previous_, error);
  fs::create_hard_link(files_.zone, previous_, error);
  const bool has_previous = !error;
  const auto written = platform::WriteFileAtomically(files_.zone, bytes, 0644);
  if (!written && written.error().code != ErrorCode::outcome_unknown) {
    const auto released = served ? Reload(served) : Result<void>();
    return tl::unexpected(Unchanged(
        fmt::format("cannot write the zone file: {}{}", written.error().detail,
                    released ? "" : "; and the zone is still held: " + released.error().detail)));
  }
  if (auto ok = Reload(served); !ok) {
    return tl::unexpected(Failure{DeviceState::unknown,
                                  ok.error().detail + "; the primary has the old zone or the new"});
  }
  if (BecomesServed(serial, primary)) {
    fs::remove(previous_, error);
    return {};
  }
  if (!has_previous) {
    return tl::unexpected(
        Failure{DeviceState::unknown, "the primary does not serve the new zone; see its log"});
  }
  return tl::unexpected(TakeBack(served));
}

bool ZoneLoader::BecomesServed(std::uint32_t serial, const Primary& primary) const {
  const auto deadline = std::chrono::steady_clock::now() + timeout_;
  for (;;) {
    const auto state = primary.Read();
    if (state && state->serial == serial) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(pause);
  }
}

Failure ZoneLoader::TakeBack(bool served) const {
  std::error_code error;
  fs::rename(previous_, files_.zone, error);
  const auto reloaded = Reload(served);
  return {DeviceState::unknown,
          fmt::format("the primary did not load the new zone within {} s (see its log); the old "
                      "zone file {}",
                      timeout_.count() / 1000,
                      error ? "could not be put back: " + error.message()
                            : (reloaded ? std::string("is back and loaded again")
                                        : "is back; " + reloaded.error().detail))};
}

}  // namespace exporters::rpz

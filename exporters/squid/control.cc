#include "exporters/squid/control.h"

#include <sys/stat.h>

#include <array>
#include <string_view>
#include <utility>

#include "exporters/squid/render.h"
#include "platform/atomic_file.h"
#include "platform/subprocess.h"

namespace exporters::squid {
namespace {

using policy::ErrorCode;
using policy::Fail;

// `squid -k parse` exits with 0 even after some of these.
constexpr std::array<std::string_view, 4> kComplaints{"FATAL", "ERROR", "Bungled",
                                                      "is a subdomain of"};

// The first line with a complaint, without Squid's time stamp; empty if there is none.
std::string ComplaintIn(std::string_view output) {
  while (!output.empty()) {
    const auto end = output.find('\n');
    std::string_view line = output.substr(0, end);
    output.remove_prefix(end == output.npos ? output.size() : end + 1);
    // "Processing: ..." echoes a line of the configuration, whatever it holds.
    if (line.find("| Processing") != line.npos) continue;
    for (const std::string_view complaint : kComplaints) {
      if (line.find(complaint) == line.npos) continue;
      if (const auto bar = line.find("| "); bar != line.npos) line.remove_prefix(bar + 2);
      return std::string(line);
    }
  }
  return {};
}

// Says which part of `path` another user may not pass; empty if none. `rights` are those of the
// last.
std::string ClosedPart(const std::filesystem::path& path, mode_t rights) {
  for (std::filesystem::path part = path;; part = part.parent_path()) {
    struct stat info {};
    if (stat(part.c_str(), &info) != 0 || (info.st_mode & rights) != rights) return part.string();
    if (part == part.parent_path()) return {};
    rights = S_IXOTH;
  }
}

policy::Result<void> CheckReachable(const std::filesystem::path& path, mode_t rights) {
  const std::string closed = ClosedPart(path, rights);
  if (closed.empty()) return {};
  return Fail(ErrorCode::not_allowed, "Squid's user cannot use " + path.string() + ": " + closed +
                                          " is missing or not open to other users (chmod o+rx)");
}

}  // namespace

policy::Result<std::string> Control::Run(std::vector<std::string> arguments,
                                         std::chrono::seconds timeout) const {
  arguments.insert(arguments.begin(), settings_.squid.native());
  if (!settings_.service_name.empty()) {
    arguments.insert(arguments.begin() + 1, {"-n", settings_.service_name});
  }
  platform::RunOptions options;
  options.timeout = timeout;
  options.output_max = std::size_t{16} << 20;
  auto output = platform::Run(arguments, options);
  if (!output) return tl::unexpected(output.error());
  std::string text = output->out + output->err;
  const std::string complaint = ComplaintIn(text);
  if (output->exit_code == 0 && complaint.empty()) return text;
  std::string command;
  for (const std::string& argument : arguments) command += argument + " ";
  return Fail(
      ErrorCode::malformed_input,
      command + "says: " +
          (complaint.empty() ? "exit code " + std::to_string(output->exit_code) : complaint));
}

policy::Result<std::string> Control::Version() const {
  auto text = Run({"-v"}, settings_.check_timeout);
  if (!text) return tl::unexpected(text.error());
  constexpr std::string_view before = "Version ";
  const auto at = text->find(before);
  if (at == text->npos) {
    return Fail(ErrorCode::malformed_input, settings_.squid.string() + " -v names no version");
  }
  const auto begin = at + before.size();
  return "Squid " + text->substr(begin, text->find_first_of(" \n", begin) - begin);
}

policy::Result<void> Control::Check(const std::filesystem::path& generation) const {
  std::string text;
  if (!settings_.scratch_include.empty()) {
    text = "include " + settings_.scratch_include.native() + "\n";
  }
  text += Fragment(settings_, generation);
  const auto path = generation / "scratch.conf";
  if (auto ok = platform::WriteFileAtomically(path, text, 0644); !ok) return ok;
  auto parsed = Run({"-k", "parse", "-f", path.native()}, settings_.check_timeout);
  if (!parsed) return tl::unexpected(parsed.error());
  return {};
}

policy::Result<void> Control::CheckHelper(const std::filesystem::path& generation,
                                          const std::string& marker,
                                          const std::string& control) const {
  const auto list = generation / kRequestsFile;
  if (auto ok = CheckReachable(list, S_IROTH); !ok) return ok;
  if (auto ok = CheckReachable(settings_.helper, S_IROTH | S_IXOTH); !ok) return ok;
  platform::RunOptions options;
  options.timeout = settings_.check_timeout;
  options.input = "0 http://" + marker + "/ -\n1 http://" + control + "/ -\n";
  const auto output = platform::Run({settings_.helper.native(), list.native()}, options);
  if (!output) return tl::unexpected(output.error());
  if (output->exit_code == 0 && output->out == "0 OK\n1 ERR\n") return {};
  return Fail(ErrorCode::malformed_input,
              settings_.helper.string() + " does not answer as sekisho-squid-acl should: \"" +
                  output->out.substr(0, 200) + "\"; install the one of this version");
}

policy::Result<void> Control::Reconfigure() const {
  auto told =
      Run({"-k", "reconfigure", "-f", settings_.config.native()}, settings_.reconfigure_timeout);
  if (!told) return tl::unexpected(told.error());
  return {};
}

}  // namespace exporters::squid

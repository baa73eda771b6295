#include "exporters/ipset/sets.h"

#include <sys/utsname.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <string_view>

#include "exporters/network_namespace.h"
#include "platform/subprocess.h"

namespace exporters::ipset {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::IpFamily;
using policy::IpPrefix;
using policy::Result;

constexpr std::string_view kNoSuchSet = "does not exist";
constexpr std::size_t kOutputMax = std::size_t{1} << 30;

// The number after `label` in what ipset says; 0 if it is not there.
std::uint64_t NumberAfter(std::string_view text, std::string_view label) {
  std::uint64_t number = 0;
  const auto at = text.find(label);
  if (at == text.npos) return 0;
  text.remove_prefix(at + label.size());
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// An address or prefix without the length that stands for one address.
std::string TextOf(const IpPrefix& prefix) {
  return prefix.is_address() ? prefix.AddressString() : prefix.ToString();
}

}  // namespace

std::string Sets::NameOf(IpFamily family) const {
  return settings_.name + (family == IpFamily::v4 ? "4" : "6");
}

std::vector<IpFamily> Sets::families() const {
  if (settings_.ipv6) return {IpFamily::v4, IpFamily::v6};
  return {IpFamily::v4};
}

Result<std::string> Sets::Run(const std::vector<std::string>& arguments,
                              const std::string& input) const {
  std::vector<std::string> argv{settings_.program.native()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  platform::RunOptions options;
  options.timeout = settings_.timeout;
  options.output_max = kOutputMax;
  options.input = input;
  Result<platform::ProcessOutput> output = Fail(ErrorCode::unavailable, "ipset was not run");
  auto entered =
      InNamespace(settings_.network_namespace, [&] { output = platform::Run(argv, options); });
  if (!entered) return tl::unexpected(entered.error());
  if (!output) return tl::unexpected(output.error());
  if (output->exit_code == 0) return std::move(output->out);
  const bool absent = output->err.find(kNoSuchSet) != std::string::npos;
  return Fail(absent ? ErrorCode::not_found : ErrorCode::unavailable,
              "ipset refuses: " + output->err.substr(0, 500));
}

Result<std::string> Sets::Version() const {
  const auto output = Run({"--version"});
  if (!output) return tl::unexpected(output.error());
  constexpr std::string_view before = "ipset v";
  const auto at = output->find(before);
  if (at == std::string::npos) {
    return Fail(ErrorCode::malformed_input, settings_.program.string() + " names no version");
  }
  const auto begin = at + before.size();
  utsname kernel{};
  uname(&kernel);
  return "ipset " + output->substr(begin, output->find_first_of(", \n", begin) - begin) +
         ", Linux " + static_cast<const char*>(kernel.release);
}

Result<State> Sets::StateOf(IpFamily family) const {
  const auto text = Run({"list", "-t", NameOf(family)});
  if (!text && text.error().code == ErrorCode::not_found) return State();
  if (!text) return tl::unexpected(text.error());
  return State{true, NumberAfter(*text, "\nNumber of entries: "),
               NumberAfter(*text, "\nReferences: ")};
}

Result<Contents> Sets::ContentsOf(IpFamily family) const {
  const auto text = Run({"save", NameOf(family)});
  if (!text) return tl::unexpected(text.error());
  const std::string before = "add " + NameOf(family) + " ";
  Contents contents;
  for (std::string_view rest = *text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!line.starts_with(before)) continue;
    line.remove_prefix(before.size());
    const auto prefix = IpPrefix::Parse(line.substr(0, line.find(' ')));
    if (!prefix) return tl::unexpected(prefix.error());
    contents.prefixes.push_back(*prefix);
    contents.packets += NumberAfter(line, " packets ");
  }
  std::sort(contents.prefixes.begin(), contents.prefixes.end());
  return contents;
}

std::string Sets::CreateLine(const std::string& name, IpFamily family, std::size_t entries) const {
  // The kernel refuses what goes beyond `maxelem`: leave room for what comes one by one.
  constexpr std::size_t room_min = 65'536;
  std::string line = "create " + name + " hash:net family " +
                     (family == IpFamily::v4 ? "inet" : "inet6") + " maxelem " +
                     std::to_string(2 * entries + room_min) + " counters";
  if (settings_.hold.count() != 0) line += " timeout " + std::to_string(settings_.hold.count());
  return line + "\n";
}

std::string Sets::AddLine(const std::string& name, const IpPrefix& prefix) const {
  std::string line = "add " + name + " " + TextOf(prefix);
  if (settings_.hold.count() != 0) {
    // From half of it to all, so that not all end at once.
    const auto spread =
        std::hash<std::string>()(line) % static_cast<std::size_t>(settings_.hold.count() / 2 + 1);
    line +=
        " timeout " + std::to_string(settings_.hold.count() - static_cast<std::int64_t>(spread));
  }
  return line + "\n";
}

Result<void> Sets::Ensure() const {
  for (const IpFamily family : families()) {
    const auto state = StateOf(family);
    if (!state) return tl::unexpected(state.error());
    if (state->exists) continue;
    auto made = Run({"restore"}, CreateLine(NameOf(family), family, 0));
    if (!made) return tl::unexpected(made.error());
  }
  return {};
}

Result<void> Sets::Replace(const std::vector<IpPrefix>& prefixes) const {
  for (const IpFamily family : families()) {
    const auto is_of_family = [&](const IpPrefix& one) { return one.family() == family; };
    const auto count =
        static_cast<std::size_t>(std::count_if(prefixes.begin(), prefixes.end(), is_of_family));
    const std::string name = NameOf(family);
    const std::string beside = name + "-new";
    // Of an attempt before that was cut short.
    if (auto gone = Run({"destroy", beside}); !gone && gone.error().code != ErrorCode::not_found) {
      return tl::unexpected(gone.error());
    }
    std::string script = CreateLine(beside, family, count);
    for (const IpPrefix& prefix : prefixes) {
      if (is_of_family(prefix)) script += AddLine(beside, prefix);
    }
    script += "swap " + beside + " " + name + "\ndestroy " + beside + "\n";
    if (auto done = Run({"restore"}, script); !done) return tl::unexpected(done.error());
  }
  return {};
}

Result<void> Sets::Change(const std::vector<IpPrefix>& added,
                          const std::vector<IpPrefix>& removed) const {
  std::string script;
  for (const IpPrefix& prefix : added) script += AddLine(NameOf(prefix.family()), prefix);
  for (const IpPrefix& prefix : removed) {
    script += "del " + NameOf(prefix.family()) + " " + TextOf(prefix) + "\n";
  }
  if (script.empty()) return {};
  if (auto done = Run({"restore"}, script); !done) return tl::unexpected(done.error());
  return {};
}

}  // namespace exporters::ipset

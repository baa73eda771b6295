#include "exporters/crowdsec/bouncers.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <sstream>

#include <fmt/format.h>

#include "platform/atomic_file.h"
#include "policy/ascii.h"

namespace exporters::crowdsec {
namespace {

constexpr std::size_t file_size_max = 16UL * 1024 * 1024;

std::string Describe(const Bouncer& bouncer, std::uint64_t head, policy::TimePoint now) {
  std::string text = bouncer.key.name;
  if (bouncer.told == 0) return text + " has never pulled";
  if (!bouncer.software.empty()) text += " (" + bouncer.software + ")";
  const auto ago = std::max(now - bouncer.asked, std::chrono::seconds(0));
  fmt::format_to(std::back_inserter(text), " pulled {} s ago{}", ago.count(),
                 bouncer.told >= head ? "" : ", before the latest change");
  if (bouncer.narrowed) text += ", and filters some of it out";
  if (bouncer.active) {
    fmt::format_to(std::back_inserter(text), ", says that it has {} active", *bouncer.active);
  }
  if (bouncer.dropped) {
    fmt::format_to(std::back_inserter(text), " and dropped {}", *bouncer.dropped);
  }
  return text;
}

}  // namespace

std::string PlainSoftware(std::string_view user_agent) {
  std::string plain;
  for (const char c : user_agent.substr(0, 64)) {
    const bool good = policy::IsLetter(c) || policy::IsDigit(c) ||
                      std::string_view("/._-+").find(c) != std::string_view::npos;
    plain += good ? c : '_';
  }
  return plain;
}

Bouncers::Bouncers(const std::vector<NamedKey>& keys) : keys_(keys) {
  for (const NamedKey& key : keys_) {
    all_.emplace_back();
    all_.back().key = key;
  }
}

Bouncer* Bouncers::Find(std::string_view key) {
  const NamedKey* found = FindKey(keys_, key);
  return found == nullptr ? nullptr : &all_[static_cast<std::size_t>(found - keys_.data())];
}

std::uint64_t Bouncers::told_to_all() const {
  std::uint64_t least = UINT64_MAX;
  for (const Bouncer& one : all_) {
    // One that never asked gets everything when it does, and has nothing to be deleted.
    if (one.told != 0) least = std::min(least, one.told_before);
  }
  return least;
}

std::uint64_t Bouncers::told_to_any() const {
  std::uint64_t most = 0;
  for (const Bouncer& one : all_) most = std::max(most, one.told);
  return most;
}

std::vector<const Bouncer*> Bouncers::Behind(std::uint64_t change,
                                             std::optional<policy::TimePoint> since) const {
  std::vector<const Bouncer*> behind;
  for (const Bouncer& one : all_) {
    if (one.told < change && (!since || (one.told != 0 && one.asked >= *since))) {
      behind.push_back(&one);
    }
  }
  return behind;
}

std::string Bouncers::Report(std::uint64_t head, policy::TimePoint now) const {
  std::vector<std::string> lines;
  for (const Bouncer& one : all_) lines.push_back(Describe(one, head, now));
  return fmt::format("{}", fmt::join(lines, "; "));
}

policy::Result<void> Bouncers::Write(const std::filesystem::path& path) const {
  std::string text;
  for (const Bouncer& one : all_) {
    if (one.told == 0) continue;
    fmt::format_to(std::back_inserter(text), "{} {} {} {} {} {}\n", one.key.name, one.told,
                   one.told_before, one.asked.time_since_epoch().count(), one.narrowed ? 1 : 0,
                   one.software.empty() ? "-" : one.software);
  }
  return platform::WriteFileAtomically(path, text, 0600);
}

policy::Result<void> Bouncers::Read(const std::filesystem::path& path) {
  const auto text = platform::ReadFile(path, file_size_max);
  if (!text && text.error().code == policy::ErrorCode::not_found) return {};
  if (!text) return tl::unexpected(text.error());
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    Bouncer read;
    std::int64_t asked = 0;
    if (!(words >> read.key.name >> read.told >> read.told_before >> asked >> read.narrowed >>
          read.software)) {
      return policy::Fail(
          policy::ErrorCode::corrupt,
          path.string() + " is not what was written; bouncers are told everything anew");
    }
    read.asked = policy::TimePoint(std::chrono::seconds(asked));
    if (read.software == "-") read.software.clear();
    for (Bouncer& one : all_) {
      if (one.key.name != read.key.name) continue;
      read.key = one.key;
      one = read;
    }
  }
  return {};
}

}  // namespace exporters::crowdsec

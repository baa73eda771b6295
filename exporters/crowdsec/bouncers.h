#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporters/named_key.h"
#include "policy/result.h"
#include "policy/time.h"

namespace exporters::crowdsec {

// One client, and what is known of it.
struct Bouncer {
  NamedKey key;
  std::uint64_t told = 0;  // the ledger's change that its last answer went up to; 0 for none yet
  // That of the answer before. It is told again what came since, for an answer can get lost, and
  // nothing in the protocol says that it did not.
  std::uint64_t told_before = 0;
  policy::TimePoint asked{};             // its last pull, by our clock
  std::string software;                  // "crowdsec-firewall-bouncer/v0.0.25", as it says
  bool narrowed = false;                 // it filters out some of what it should enforce
  std::optional<std::uint64_t> active;   // decisions that it enforces, as it says
  std::optional<std::uint64_t> dropped;  // what they hit, as it says: packets or requests
};

// The bouncers that may pull from us. Not thread-safe.
class Bouncers {
 public:
  explicit Bouncers(const std::vector<NamedKey>& keys);

  Bouncer* Find(std::string_view key);  // null if it is nobody's
  const std::vector<Bouncer>& all() const { return all_; }

  // The change that each has been told of for good.
  std::uint64_t told_to_all() const;
  // The newest that any has been told of.
  std::uint64_t told_to_any() const;

  // Which of them have not been told of `change`; with `since`, of those alone that have asked at
  // or after it.
  std::vector<const Bouncer*> Behind(std::uint64_t change,
                                     std::optional<policy::TimePoint> since) const;

  // For people: which bouncer pulled what and when.
  std::string Report(std::uint64_t head, policy::TimePoint now) const;

  // Replaces the file whole. It may be older than what is known: then some is told twice.
  policy::Result<void> Write(const std::filesystem::path& path) const;
  // Takes what is there of those that it knows; nothing if there is no file.
  policy::Result<void> Read(const std::filesystem::path& path);

 private:
  std::vector<NamedKey> keys_;
  std::vector<Bouncer> all_;  // one for each key, in their order
};

// What of a client's own words goes into files, logs and receipts: up to 64 characters, none that
// could mean something there.
std::string PlainSoftware(std::string_view user_agent);

}  // namespace exporters::crowdsec

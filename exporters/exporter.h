#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "exporters/fit.h"
#include "platform/clock.h"
#include "policy/indicator.h"
#include "policy/release.h"
#include "policy/result.h"

namespace exporters {

using policy::Result;

// What a device is able to enforce; goes into Hello.
struct Profile {
  std::string software;            // for people: "BIND 9.18.49"
  std::vector<std::string> kinds;  // "domain", "ip", "url"
  std::uint64_t capacity = 0;      // entries; 0 for no known limit. More are never given to Apply
  bool dry_run = false;            // keeps its device at the empty list, whatever comes
  bool lets_through = false;       // what is on its list, rather than block it
};

struct ArtifactFile {
  std::string name;  // a plain file name chosen by the exporter, never from a list
  std::string bytes;
};

// A list in a device's own syntax.
struct Artifact {
  std::vector<ArtifactFile> files;
  std::uint64_t enforced = 0;          // entries in it, after minimising for the device
  std::uint64_t not_enforceable = 0;   // lines that the device has no means to enforce
  std::vector<LeftOut> left_out = {};  // lines that a part of the device has no room for
};

// The list that a device shall enforce, and the way there.
struct Change {
  const policy::ListSnapshot* base;  // what it was last proven to enforce; null when not known
  const policy::ListSnapshot& list;
  const policy::Delta& delta;  // from `base` to `list`; empty when `base` is null
  std::uint64_t release = 0;   // of `list`, for people
};

// What was read back from a device; nothing in it is copied from what was sent.
struct Proof {
  bool matches;  // the device enforces the list that it was held against, as far as it can
  std::uint64_t enforced;
  std::uint64_t not_enforceable;
  std::string how;  // for people: "SOA serial 41; 8 of 8 names answered NXDOMAIN"
  // Where it does not match and the device can say: what it holds besides the list and lacks of it
  // (exporters/difference.h).
  std::vector<std::string> difference = {};
  // By parts of the device that have bounds of their own.
  std::vector<LeftOut> left_out = {};
  // It does hold the list, so that applying it again would mend nothing.
  bool in_place = false;
};

// What the device holds after a failure, against what it held before.
enum class DeviceState { unchanged, changed, unknown };

struct Failure {
  DeviceState device;
  std::string reason;  // what, where, what to do
};

template <class T>
using Outcome = tl::expected<T, Failure>;

// Enforces lists on one device: a resolver, a proxy, a firewall, or the clients of an HTTP list.
//
// The session calls Apply for each new list and ReadBack at start and from time to time, always
// from one thread. An exporter keeps no queue and never retries by itself; the session owns both.
// Destroying an exporter leaves the device enforcing what it enforces.
class Exporter {
 public:
  virtual ~Exporter() = default;

  virtual Profile profile() const = 0;

  // Pure, no I/O: the same list gives the same bytes, whatever came before.
  virtual Result<Artifact> Render(const policy::ListSnapshot& list) const = 0;

  // Makes the device enforce exactly `change.list`: has the device's own checker read a scratch
  // copy, applies atomically, reads back and probes. On a failure that leaves the device
  // `unchanged` it goes on enforcing what it did; on `unknown` the session must ReadBack.
  virtual Outcome<Proof> Apply(const Change& change) = 0;

  // Holds what the device enforces now, whoever put it there, against `list`.
  virtual Outcome<Proof> ReadBack(const policy::ListSnapshot& list) = 0;

  // Which of these the device blocks now, by asking it. What it can't be asked about is left out:
  // everything, unless an exporter does better.
  virtual Outcome<std::vector<policy::Indicator>> Blocked(const std::vector<policy::Indicator>&) {
    return {};
  }
};

// What every exporter is given besides its own settings.
struct Environment {
  std::string device;               // its name in the agent's configuration
  std::filesystem::path state_dir;  // its own, exists, mode 0700; survives restarts
  const platform::Clock& clock;
  // The settings are only being checked: Make may leave out whatever disturbs an exporter that is
  // running with them, such as listening on a port. Of the result only Render is used.
  bool check_only = false;
};

}  // namespace exporters

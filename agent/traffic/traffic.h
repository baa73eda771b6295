#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/btree_map.h>
#include <absl/container/flat_hash_map.h>

#include "agent/feeds/eve_text.h"
#include "agent/feeds/log_follower.h"
#include "agent/traffic/request.h"
#include "agent/traffic/sip_hash.h"
#include "agent/traffic/usage.h"
#include "policy/indicator.h"
#include "policy/public_suffix.h"
#include "policy/result.h"

namespace agent::traffic {

// How far a log was read, and what it gave. Kept together with the requests, so that a crash loses
// or doubles nothing.
struct LogState {
  std::string file;
  feeds::LogPosition position;
  feeds::EveScan scan;
  std::string header;          // what lines above say of those below: Zeek's columns
  std::uint64_t requests = 0;  // counted since it is known
  std::uint64_t faults = 0;    // lines that were none of the format
  std::string last_fault;
  std::string trouble;  // why it can't be read now; empty while it can
};

// What our own clients use, as logs tell: for names, URLs and addresses the requests a day and the
// number of clients. A name counts for itself and for those above it that somebody registered, so
// that what a block of it and all below would cut is one look-up.
//
// Of names, URLs and clients it holds hashes only; a person's browsing can't be read off it. It
// holds at most `size_max` of them: then those go that were used least recently, a tenth at once.
//
// Any thread.
class Traffic {
 public:
  Traffic(const policy::PublicSuffixList& suffixes, std::size_t size_max, SipKey key);

  // Later than `now` by more than a day is no request, but a clock that is wrong: false.
  bool Add(const Request& request, policy::TimePoint now);
  // Drops what is older than is told of. Once a day is enough.
  void Forget(policy::TimePoint now);

  struct Found {
    Usage usage;
    // Where a log can't tell the URL apart: what was counted instead, which a block of the URL cuts
    // a part of at most. Empty where the usage is of exactly what a block would cut.
    std::string counted;
  };
  // What a block of it would cut: a domain's with all names below, a prefix' with all addresses in
  // it, a URL's own. For a URL that no log knows, what is known of its page or host.
  Found Find(const policy::Indicator& indicator) const;
  // Clients that exactly this block would cut off, in the days that are kept.
  std::uint64_t ClientsOf(const policy::Indicator& indicator, policy::TimePoint now) const;
  // The same of an indicator's text, quick enough to ask of a million.
  std::uint64_t ClientsOf(policy::IndicatorKind kind, std::string_view text,
                          policy::TimePoint now) const;

  std::size_t size() const;
  std::uint64_t dropped() const;  // for want of room, since the start

  std::map<std::string, LogState> Logs() const;
  LogState Log(const std::string& name) const;
  void SetLog(const std::string& name, LogState state);

  // All of it as text (traffic_document.cc describes it), and back: `corrupt` for any other text,
  // after which it is empty.
  std::string Document() const;
  policy::Result<void> Read(std::string_view document);

 private:
  std::uint64_t KeyOf(std::string_view text) const { return SipHash(key_, text); }
  void CountName(const std::string& name, policy::TimePoint at, std::uint64_t client);
  Usage& OfText(std::uint64_t key);
  void FindKnown();  // anew, where texts went
  void MakeRoom();
  Usage OfKey(std::uint64_t key) const;
  Usage OfPrefix(const policy::IpPrefix& prefix) const;
  Found OfUrl(const policy::Url& url) const;
  bool ReadLine(std::string_view line);
  bool ReadAll(std::string_view document);
  void Clear();

  const policy::PublicSuffixList& suffixes_;
  const std::size_t size_max_;
  SipKey key_;

  mutable std::shared_mutex mutex_;                  // over all below
  absl::flat_hash_map<std::uint64_t, Usage> texts_;  // of names and URLs, by KeyOf
  // Which low bits their keys have, for a quick no: most of what is asked for nobody uses.
  std::vector<bool> known_;
  absl::btree_map<policy::IpPrefix, Usage> addresses_;
  std::map<std::string, LogState> logs_;
  std::uint64_t dropped_ = 0;
};

}  // namespace agent::traffic

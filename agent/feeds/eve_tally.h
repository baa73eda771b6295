#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/feeds/eve_alert.h"
#include "agent/feeds/eve_text.h"
#include "agent/feeds/feed_snapshot.h"
#include "agent/feeds/log_follower.h"
#include "policy/indicator.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

// What our sensors have seen so far, by indicator, and how far their log was read: both are kept
// in one document, so that they always agree. A value; not thread-safe.
//
// The document is JSON, one object a line: first
//   {"sekisho":"detections 1","position":{...},"form":1,"skipping":false,"faults":{"NUL byte":1}}
// then one for each indicator, in their order:
//   {"indicator":"ip 192.0.2.1/32","count":12,"first":"...","last":"...","signatures":[...],
//    "clients":[...]}
class EveTally {
 public:
  // `corrupt` if the text is no such document.
  static policy::Result<EveTally> Read(std::string_view document);
  std::string Document() const;

  void Add(const EveAlert& alert);
  void AddFault(std::string_view reason) { ++faults_[std::string(reason)]; }
  // Drops what was last seen before `before`, and the oldest beyond 100 000 indicators. Says
  // whether there was any.
  bool Forget(policy::TimePoint before);

  // Each indicator with its count as `sightings`, and, as tags, how many clients and which
  // signatures.
  FeedSnapshot Snapshot() const;

  LogPosition position;
  EveScan scan;

 private:
  struct Entry {
    std::uint64_t count = 0;
    policy::TimePoint first;
    policy::TimePoint last;
    std::vector<std::string> signatures;  // the first few different ones
    std::set<std::string> clients;        // likewise
  };

  static std::string TagsOf(const Entry& entry);

  std::map<policy::Indicator, Entry> entries_;
  std::map<std::string, std::uint64_t> faults_;  // events that were no good, by reason
};

}  // namespace agent::feeds

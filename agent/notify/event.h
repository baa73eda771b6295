#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "agent/history/entry.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::notify {

using policy::Result;
using policy::TimePoint;

// A kind of event that people are told of. In the sentences, {subject}, {actor}, {reason} and
// {count} stand for those of the event.
struct Kind {
  std::string_view name;    // "emergency.block": what channels are configured by
  std::string_view action;  // of the history entry that it comes from; empty: from a condition
  bool is_urgent;           // at once, whatever the digest and the quiet hours
  std::string_view path;    // of the page where people see to it
  std::string_view en;
  std::string_view ja;
};

std::span<const Kind> Kinds();
const Kind* FindKind(std::string_view name);  // null if there is none

// Something that happened, or a condition that began.
struct Event {
  const Kind* kind = nullptr;
  std::string key;  // the same event has the same key, also after a restart
  TimePoint at;
  std::string subject;  // an indicator, defanged; a device, a feed ...
  std::string actor;
  std::string reason;
  std::uint64_t count = 1;
};

// What the history tells that people are to be told of; nothing for most entries.
std::optional<Event> EventOf(const history::Entry& entry);

// All of an event but kind, key and time, as the outbox keeps it: a JSON object.
std::string ContentOf(const Event& event);
// `corrupt` if it is none.
Result<Event> ParseContent(std::string_view content);

}  // namespace agent::notify

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/notify/event.h"
#include "agent/notify/schedule.h"

// What people read. Pure.
namespace agent::notify {

enum class Language : std::uint8_t { en, ja };

// How a channel's people want to be told.
struct Voice {
  Language language = Language::en;
  std::string origin;  // of the page, for links: "https://sekisho.example.org"; empty: no links
  Zone zone = Zone::Utc();
};

// Events that go together, as text of one line each. Values are shown as they are: without control
// characters, and never as placeholders.
struct Message {
  std::string subject;             // of a mail
  std::vector<std::string> lines;  // "Device fw1 refused ...", with the time where it was
  std::vector<std::string> links;  // to where people see to it, each once; never an act
};

// At most so many lines; the rest is counted.
inline constexpr std::size_t lines_max = 50;

Message Compose(const std::vector<Event>& events, const Voice& voice);

// One event's sentence.
std::string SentenceOf(const Event& event, Language language);
// Where people see to it; empty without an origin.
std::string LinkOf(const Event& event, const Voice& voice);

}  // namespace agent::notify

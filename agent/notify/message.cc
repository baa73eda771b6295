#include "agent/notify/message.h"

#include <algorithm>

namespace agent::notify {
namespace {

// A line stays a line, whatever the values.
void AppendInert(std::string& to, std::string_view value) {
  for (const char c : value) {
    const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    to += is_control ? ' ' : c;
  }
}

std::string ValueOf(const Event& event, std::string_view name) {
  if (name == "subject") return event.subject;
  if (name == "actor") return event.actor;
  if (name == "reason") return event.reason;
  return std::to_string(event.count);
}

std::string Count(std::size_t n, Language language) {
  if (language == Language::ja) return "Sekisho: お知らせ " + std::to_string(n) + " 件";
  return "Sekisho: " + std::to_string(n) + (n == 1 ? " notification" : " notifications");
}

std::string More(std::size_t n, Language language) {
  if (language == Language::ja) return "ほか " + std::to_string(n) + " 件";
  return "and " + std::to_string(n) + " more";
}

}  // namespace

std::string SentenceOf(const Event& event, Language language) {
  std::string_view rest = language == Language::ja ? event.kind->ja : event.kind->en;
  std::string sentence;
  while (!rest.empty()) {
    const auto open = rest.find('{');
    const auto close = rest.find('}', open);
    sentence += rest.substr(0, open);
    if (open == rest.npos || close == rest.npos) break;
    AppendInert(sentence, ValueOf(event, rest.substr(open + 1, close - open - 1)));
    rest.remove_prefix(close + 1);
  }
  return sentence;
}

std::string LinkOf(const Event& event, const Voice& voice) {
  return voice.origin.empty() ? "" : voice.origin + std::string(event.kind->path);
}

Message Compose(const std::vector<Event>& events, const Voice& voice) {
  Message message;
  // One event alone is the subject; what is urgent is said first.
  std::vector<const Event*> ordered;
  for (const Event& event : events) ordered.push_back(&event);
  std::stable_sort(ordered.begin(), ordered.end(), [](const Event* a, const Event* b) {
    return a->kind->is_urgent && !b->kind->is_urgent;
  });
  message.subject = events.size() == 1 || ordered.front()->kind->is_urgent
                        ? "Sekisho: " + SentenceOf(*ordered.front(), voice.language)
                        : Count(events.size(), voice.language);
  for (const Event* event : ordered) {
    if (message.lines.size() == lines_max) {
      message.lines.push_back(More(events.size() - lines_max, voice.language));
      break;
    }
    message.lines.push_back(voice.zone.Format(event->at) + "  " +
                            SentenceOf(*event, voice.language));
  }
  for (const Event* event : ordered) {
    std::string link = LinkOf(*event, voice);
    const bool is_new =
        std::find(message.links.begin(), message.links.end(), link) == message.links.end();
    if (!link.empty() && is_new) message.links.push_back(std::move(link));
  }
  return message;
}

}  // namespace agent::notify

#include "agent/feeds/misp_envelope.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "agent/feeds/feed_text.h"

namespace agent::feeds {
namespace {

using Json = nlohmann::json;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr int kDepthMax = 64;

// Sorted.
constexpr std::array<std::string_view, 27> kKeys{
    "Attribute",
    "Event",
    "Object",
    "ShadowAttribute",
    "Sighting",
    "Tag",
    "category",
    "date",
    "date_sighting",
    "decay_score",
    "decayed",
    "deleted",
    "first_seen",
    "id",
    "info",
    "last_seen",
    "name",
    "response",
    "score",
    "timestamp",
    "to_ids",
    "type",
    "uuid",
    "value",
    "warninglist_category",
    "warninglist_name",
    "warnings",
};

bool IsRead(std::string_view key) {
  return std::ranges::binary_search(kKeys, key);
}

const Json* Find(const Json& object, const char* key) {
  const auto member = object.find(key);
  return member == object.end() ? nullptr : &*member;
}

bool IsAttribute(const Json& json) {
  const Json* const type = Find(json, "type");
  const Json* const value = Find(json, "value");
  return type != nullptr && type->is_string() && value != nullptr;
}

class Walk {
 public:
  explicit Walk(MispVisitor& visitor) : visitor_(visitor) {}

  // Of a list, a response or one of what they hold.
  void Any(const Json& json) {
    if (visitor_.full()) return;
    if (json.is_array()) {
      for (const Json& each : json) Any(each);
    } else if (json.is_object()) {
      One(json);
    }
  }

  bool found() const { return found_; }

 private:
  void One(const Json& json) {
    if (const Json* const response = Find(json, "response")) return Any(*response);
    if (IsAttribute(json)) return Attributes(json, nullptr, nullptr);
    const Json* const event = Find(json, "Event");
    if (event != nullptr && event->is_object()) return Event(*event);
    const Json* const object = Find(json, "Object");
    if (object != nullptr && object->is_object()) return Object(*object, nullptr);
    Event(json);
  }

  void Event(const Json& event) {
    found_ = found_ || event.contains("Attribute") || event.contains("Object") ||
             (event.contains("info") && event.contains("uuid"));
    Proposals(event);
    if (const Json* const attributes = Find(event, "Attribute")) {
      Attributes(*attributes, &event, nullptr);
    }
    const Json* const objects = Find(event, "Object");
    if (objects == nullptr || !objects->is_array()) return;
    for (const Json& object : *objects) {
      if (object.is_object()) Object(object, &event);
    }
  }

  void Object(const Json& object, const Json* event) {
    found_ = true;
    if (const Json* const attributes = Find(object, "Attribute")) {
      Attributes(*attributes, event, &object);
    }
  }

  // A list, or one as {"Attribute": {...}} has it.
  void Attributes(const Json& json, const Json* event, const Json* object) {
    if (json.is_array()) {
      for (const Json& each : json) {
        if (visitor_.full()) return;
        if (each.is_object()) Attributes(each, event, object);
      }
    } else if (json.is_object()) {
      found_ = true;
      Proposals(json);
      // In answers to a search for attributes, it is the attribute that holds its event.
      const Json* const inner = Find(json, "Event");
      if (event == nullptr || (inner != nullptr && inner->is_object())) event = inner;
      const Json* const holder = Find(json, "Object");
      if (object == nullptr && holder != nullptr && holder->is_object()) object = holder;
      visitor_.Attribute(json, event != nullptr && event->is_object() ? event : nullptr, object);
    }
  }

  void Proposals(const Json& json) {
    const Json* const proposals = Find(json, "ShadowAttribute");
    if (proposals == nullptr || !proposals->is_array()) return;
    for (std::size_t i = 0; i < proposals->size() && !visitor_.full(); ++i) visitor_.Proposal();
  }

  MispVisitor& visitor_;
  bool found_ = false;
};

}  // namespace

std::string TitleOf(const Json& event) {
  constexpr std::size_t size_max = 128;
  const auto info = event.find("info");
  if (info == event.end() || !info->is_string()) return {};
  std::string title = info->get<std::string>();
  if (title.size() > size_max) {
    std::size_t end = size_max;
    while (end > 0 && (static_cast<unsigned char>(title[end]) & 0xc0U) == 0x80) --end;
    title.resize(end);
  }
  for (char& c : title) {
    if (c == '"') c = '\'';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return std::string(TrimBlanks(title));
}

Result<Json> ParseMispJson(std::string_view bytes) {
  const auto text = CheckFeedText(bytes);
  if (!text) return tl::unexpected(text.error());
  bool is_too_deep = false;
  const auto keep = [&](int depth, Json::parse_event_t event, Json& parsed) {
    is_too_deep = is_too_deep || depth > kDepthMax;
    if (is_too_deep) return false;
    return event != Json::parse_event_t::key || IsRead(parsed.get_ref<const std::string&>());
  };
  Json json = Json::parse(text->begin(), text->end(), keep, false);
  if (is_too_deep) {
    return Fail(ErrorCode::malformed_input, "its JSON is nested deeper than 64 levels");
  }
  if (json.is_discarded()) {
    return Fail(ErrorCode::malformed_input,
                "it is no JSON: it was cut short, or is something else");
  }
  return json;
}

bool IsUuid(std::string_view text) {
  constexpr std::string_view shape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return std::ranges::equal(text, shape, [](char c, char s) {
    const bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    return s == 'x' ? is_hex : c == '-';
  });
}

bool VisitMisp(const Json& document, MispVisitor& visitor) {
  Walk walk(visitor);
  walk.Any(document);
  return walk.found();
}

}  // namespace agent::feeds

#include "agent/feeds/stix_objects.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace agent::feeds {
namespace {

using Json = nlohmann::json;
using policy::ErrorCode;
using policy::Fail;

constexpr int kDepthMax = 64;

// nlohmann's parser calls back as each value begins and ends; a value that is answered with false
// is not kept.
class Reader {
 public:
  explicit Reader(const std::function<void(Json&)>& visit) : visit_(visit) {}

  bool OnEvent(int depth, Json::parse_event_t event, Json& value) {
    if (depth > kDepthMax) too_deep_ = true;
    if (too_deep_) return false;
    if (event == Json::parse_event_t::array_start && depth == 0) is_list_ = true;
    if (event == Json::parse_event_t::key && depth == 1) in_objects_ = value == "objects";
    if (event == Json::parse_event_t::object_end && depth == ObjectDepth()) {
      Visit(value);
      return false;
    }
    return true;
  }

  bool too_deep() const { return too_deep_; }
  std::size_t objects() const { return objects_; }

  void Visit(Json& value) {
    const auto type = value.find("type");
    if (type == value.end() || !type->is_string()) return;
    ++objects_;
    visit_(value);
  }

 private:
  // Of the objects themselves; none where the text is in another member than "objects".
  int ObjectDepth() const {
    if (is_list_) return 1;
    return in_objects_ ? 2 : -1;
  }

  const std::function<void(Json&)>& visit_;
  bool too_deep_ = false;
  bool is_list_ = false;
  bool in_objects_ = false;
  std::size_t objects_ = 0;
};

}  // namespace

policy::Result<StixDocument> ForEachStixObject(std::string_view text,
                                               const std::function<void(Json&)>& visit) {
  Reader reader(visit);
  const auto on_event = [&reader](int depth, Json::parse_event_t event, Json& value) {
    return reader.OnEvent(depth, event, value);
  };
  Json document = Json::parse(text, on_event, /*allow_exceptions=*/false);
  if (reader.too_deep()) {
    return Fail(ErrorCode::malformed_input, "the file nests deeper than 64: it is no STIX");
  }
  if (document.is_discarded()) {
    return Fail(ErrorCode::malformed_input,
                "the file is no JSON, or was cut short: check the feed's URL and format");
  }
  StixDocument found;
  if (document.is_object()) {
    found.type = StixText(document, "type");
    found.source = StixText(document, "x_sekisho_source");
    found.cursor = StixText(document, "x_sekisho_cursor");
    found.more = StixFlag(document, "more");
    found.next = StixText(document, "next");
    const auto objects = document.find("objects");
    if (objects != document.end() && !objects->is_array()) {
      return Fail(ErrorCode::malformed_input, "\"objects\" is no list: the file is no STIX");
    }
    const bool is_envelope = document.empty() || found.more || document.contains("more");
    if (objects == document.end() && found.type != "bundle" && !is_envelope) {
      if (found.type.empty() || !document.contains("id")) {
        return Fail(ErrorCode::malformed_input,
                    "the file is neither a STIX bundle, nor a TAXII envelope, nor a STIX object");
      }
      reader.Visit(document);
    }
  } else if (!document.is_array()) {
    return Fail(ErrorCode::malformed_input, "the file is JSON, but no STIX");
  }
  found.objects = reader.objects();
  return found;
}

std::string StixText(const Json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string();
}

bool StixFlag(const Json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_boolean() && member->get<bool>();
}

}  // namespace agent::feeds

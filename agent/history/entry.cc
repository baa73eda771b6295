#include "agent/history/entry.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "policy/quote.h"

namespace agent::history {
namespace {

using Json = nlohmann::ordered_json;
using policy::ErrorCode;
using policy::Fail;

constexpr std::string_view kStart = R"({"v":1,"index":)";
constexpr int kDepthMax = 32;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Reads an object, refusing depths at which writing it again could exhaust the stack.
Result<Json> ParseObject(std::string_view text, int depth_max) {
  bool is_too_deep = false;
  const auto watch = [&is_too_deep, depth_max](int depth, Json::parse_event_t, Json&) {
    is_too_deep = is_too_deep || depth > depth_max;
    return !is_too_deep;
  };
  Json json = Json::parse(text, watch, false);
  if (is_too_deep || json.is_discarded() || !json.is_object()) {
    return Fail(ErrorCode::malformed_input, policy::Quote(text) + " is no JSON object");
  }
  return json;
}

// "null", or the object on one line.
Result<std::string> DetailOf(const std::string& detail) {
  if (detail.empty()) return std::string("null");
  // Through a JSON string, which replaces what is not UTF-8.
  const auto clean = Json::parse(Dump(Json(detail))).get<std::string>();
  const auto json = ParseObject(clean, kDepthMax);
  if (!json) return tl::unexpected(json.error());
  return Dump(*json);
}

bool HasText(const Json& json, const char* key) {
  return json.contains(key) && json[key].is_string();
}

}  // namespace

Result<std::string> LeafOf(const Entry& entry) {
  const auto detail = DetailOf(entry.detail);
  if (!detail) return tl::unexpected(detail.error());
  std::string leaf(kStart);
  leaf += std::to_string(entry.index);
  leaf += R"(,"at":)" + Dump(Json(policy::FormatTime(entry.at)));
  leaf += R"(,"actor":)" + Dump(Json(entry.actor));
  leaf += R"(,"action":)" + Dump(Json(entry.action));
  leaf += R"(,"subject":)" + Dump(Json(entry.subject));
  leaf += R"(,"detail":)" + *detail + '}';
  return leaf;
}

Result<std::uint64_t> IndexOf(std::string_view leaf) {
  const auto malformed = [leaf] {
    return Fail(ErrorCode::malformed_input, policy::Quote(leaf) + " is no entry of the history");
  };
  if (!leaf.starts_with(kStart)) return malformed();
  leaf.remove_prefix(kStart.size());
  std::uint64_t index = 0;
  const auto [end, error] = std::from_chars(leaf.data(), leaf.data() + leaf.size(), index);
  if (error != std::errc() || !std::string_view(end, leaf.data() + leaf.size()).starts_with(',')) {
    return malformed();
  }
  return index;
}

Result<Entry> ParseLeaf(std::string_view leaf) {
  const auto index = IndexOf(leaf);
  if (!index) return tl::unexpected(index.error());
  const auto json = ParseObject(leaf, kDepthMax + 1);
  if (!json) return tl::unexpected(json.error());
  const auto at = HasText(*json, "at") ? policy::ParseTime((*json)["at"].get<std::string>())
                                       : Fail(ErrorCode::malformed_input, "it has no time");
  if (!at || !HasText(*json, "actor") || !HasText(*json, "action") || !HasText(*json, "subject") ||
      !json->contains("detail")) {
    return Fail(ErrorCode::malformed_input, policy::Quote(leaf) + " lacks a field of an entry");
  }
  const Json& detail = (*json)["detail"];
  Entry entry{*index,
              *at,
              (*json)["actor"].get<std::string>(),
              (*json)["action"].get<std::string>(),
              (*json)["subject"].get<std::string>(),
              detail.is_null() ? "" : Dump(detail)};
  const auto again = LeafOf(entry);
  if (!again || *again != leaf) {
    return Fail(ErrorCode::malformed_input,
                policy::Quote(leaf) + " is not in the form in which entries are written");
  }
  return entry;
}

}  // namespace agent::history

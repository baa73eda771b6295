#include "agent/feeds/taxii_state.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/feeds/stix_objects.h"
#include "policy/quote.h"

namespace agent::feeds {
namespace {

using Json = nlohmann::json;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::chrono::seconds kKeptWhenGone = std::chrono::hours(24 * 30);
constexpr std::size_t kDateSizeMax = 40;

bool IsOfUse(const Json& object) {
  const std::string type = StixText(object, "type");
  if (type == "relationship") return StixText(object, "relationship_type") == "indicates";
  return type == "indicator" || type == "malware" || type == "tool" || type == "campaign" ||
         type == "intrusion-set" || type == "sighting" || type == "marking-definition";
}

std::string AboutOf(const Json& object) {
  const std::string type = StixText(object, "type");
  if (type == "relationship") return StixText(object, "source_ref");
  return type == "sighting" ? StixText(object, "sighting_of_ref") : std::string();
}

// Dates of one server agree in form, so where the seconds do, the text decides.
bool IsAfter(std::string_view a, std::string_view b) {
  const auto time_a = policy::ParseTime(a);
  const auto time_b = policy::ParseTime(b);
  if (!time_a || !time_b) return time_a.has_value();
  return *time_a != *time_b ? *time_a > *time_b : a > b;
}

}  // namespace

Result<void> TaxiiState::Load(std::string_view document) {
  if (document.empty()) return {};
  const auto read = ForEachStixObject(document, [this](Json& object) { Take(object); });
  if (!read) return Fail(ErrorCode::corrupt, "the last good file: " + read.error().detail);
  cursor_ = read->cursor;
  changed_ = false;
  if (read->source != source_) {
    cursor_.clear();
    entries_.clear();
    changed_ = true;
  }
  return {};
}

Result<void> TaxiiState::Advance(std::string_view date_added) {
  if (date_added.size() > kDateSizeMax || !policy::ParseTime(date_added)) {
    return Fail(ErrorCode::malformed_input,
                "the server's X-TAXII-Date-Added-Last is no date but " + policy::Quote(date_added));
  }
  if (!IsAfter(date_added, cursor_)) return {};
  cursor_ = date_added;
  changed_ = true;
  return {};
}

void TaxiiState::Take(const Json& object) {
  const std::string id = StixText(object, "id");
  if (id.empty() || !IsOfUse(object)) return;
  Entry entry{VersionTimeOf(object), {}, std::nullopt, AboutOf(object)};
  const auto known = entries_.find(id);
  if (known != entries_.end() && !(known->second.version < entry.version)) return;
  entry.text = object.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (StixFlag(object, "revoked")) entry.gone_since = entry.version.time;
  if (const auto until = policy::ParseTime(StixText(object, "valid_until"))) {
    entry.gone_since = std::min(entry.gone_since.value_or(*until), *until);
  }
  entries_.insert_or_assign(id, std::move(entry));
  changed_ = true;
}

// A relationship may come before its indicator, so it gets the same time to find it.
bool TaxiiState::IsOld(const Entry& entry, policy::TimePoint limit) const {
  if (entry.gone_since) return *entry.gone_since < limit;
  return !entry.about.empty() && !entries_.contains(entry.about) && entry.version.time &&
         *entry.version.time < limit;
}

void TaxiiState::DropOld() {
  const auto now = policy::ParseTime(cursor_);
  if (!now) return;
  // The newest stays: the age of the whole is judged by it.
  const auto newest = std::max_element(entries_.begin(), entries_.end(), [](auto& a, auto& b) {
    return a.second.version < b.second.version;
  });
  for (auto at = entries_.begin(); at != entries_.end();) {
    const bool goes = at != newest && IsOld(at->second, *now - kKeptWhenGone);
    changed_ = changed_ || goes;
    at = goes ? entries_.erase(at) : std::next(at);
  }
}

std::string TaxiiState::Compose() const {
  Json head = {{"type", "bundle"}, {"x_sekisho_source", source_}, {"x_sekisho_cursor", cursor_}};
  std::string text = head.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.back() = ',';
  text += "\"objects\":[";
  const char* separator = "\n";
  for (const auto& [id, entry] : entries_) {
    text.append(separator).append(entry.text);
    separator = ",\n";
  }
  return text + "]}\n";
}

}  // namespace agent::feeds

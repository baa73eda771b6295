#include "agent/json_object.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace agent {
namespace {

bool IsItsOwnJson(char c) {
  return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

}  // namespace

void JsonObject::Key(std::string_view key) {
  if (!is_first_) out_ += ',';
  is_first_ = false;
  out_.append("\"").append(key).append("\":");
}

JsonObject& JsonObject::Add(std::string_view key, std::string_view value) {
  Key(key);
  if (std::all_of(value.begin(), value.end(), IsItsOwnJson)) {
    out_.append("\"").append(value).append("\"");
  } else {
    out_ += nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  return *this;
}

JsonObject& JsonObject::Add(std::string_view key, std::int64_t value) {
  Key(key);
  out_ += std::to_string(value);
  return *this;
}

JsonObject& JsonObject::AddTrue(std::string_view key) {
  Key(key);
  out_ += "true";
  return *this;
}

}  // namespace agent

#include "agent/people/acts.h"

#include <nlohmann/json.hpp>

#include "platform/encoding.h"

namespace agent::people {

std::string DetailOf(std::initializer_list<std::pair<const char*, std::string>> fields) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [key, value] : fields) json[key] = value;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

policy::Result<std::string> NewSecret() {
  auto bytes = platform::RandomBytes(32);
  if (!bytes) return tl::unexpected(bytes.error());
  return platform::ToBase64Url(*bytes);
}

}  // namespace agent::people

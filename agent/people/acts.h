#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "policy/result.h"

namespace agent::people {

// The detail of a history entry: a JSON object of texts, in the order given.
std::string DetailOf(std::initializer_list<std::pair<const char*, std::string>> fields);

// 256 random bits as text for cookies, links and headers; kept as its SHA-256 only.
policy::Result<std::string> NewSecret();

}  // namespace agent::people

#pragma once

#include <string>
#include <vector>

#include "policy/result.h"

namespace agent::api {

// A source as the configuration names it.
struct FeedSource {
  std::string name;
  std::string url;
  bool is_allowlist = false;
};

// What people may ask of those who fetch. Any thread, several at once.
class FeedControl {
 public:
  virtual ~FeedControl() = default;

  virtual std::vector<FeedSource> Sources() const = 0;

  // Fetches the named sources now, all if there is no name. With `wait`, returns once each was
  // taken in or refused, which the sources' states then tell. `not_found` for an unknown name, and
  // then nothing is fetched.
  virtual policy::Result<void> Refresh(const std::vector<std::string>& names, bool wait) = 0;
};

}  // namespace agent::api

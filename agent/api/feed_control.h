#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/feeds/pushed.h"
#include "policy/result.h"

namespace agent::api {

// A source as the configuration names it.
struct FeedSource {
  std::string name;
  std::string url;  // to be shown: without keys
  bool is_allowlist = false;
};

// What people may ask of those who fetch. Any thread, several at once.
class FeedControl {
 public:
  virtual ~FeedControl() = default;

  virtual std::vector<FeedSource> Sources() const = 0;

  struct RefreshOptions {
    bool wait = false;         // until each was taken in or refused, which the states then tell
    bool accept_size = false;  // this once, whatever its size and age
  };
  // Fetches the named sources now, all if there is no name. `not_found` for an unknown name, and
  // then nothing is fetched.
  virtual policy::Result<void> Refresh(const std::vector<std::string>& names,
                                       RefreshOptions options) = 0;

  struct Push {
    std::string request_id;   // the caller's own
    std::string fingerprint;  // of all that the request asks
    std::vector<feeds::PushedRow> rows;
  };
  enum class Taken : std::uint8_t { now, before };

  // Keeps what was pushed to a feed so that it survives everything, then has the feed refreshed;
  // does not wait for that. `before` for a request that is known already. `not_found` for an
  // unknown feed, `not_allowed` for one of another format, else as feeds::Spool::Append.
  virtual policy::Result<Taken> TakePush(const std::string& feed, const Push& push) = 0;
};

}  // namespace agent::api

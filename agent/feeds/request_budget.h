#pragma once

#include <chrono>
#include <cstddef>

#include "platform/http_client.h"
#include "policy/result.h"

namespace agent::feeds {

// Spends one request's deadline and size cap on several. Not thread-safe.
class RequestBudget {
 public:
  // `whole` says what there is to spend. `client` has to outlive it.
  RequestBudget(platform::HttpClient& client, const platform::HttpRequest& whole)
      : client_(client),
        deadline_(std::chrono::steady_clock::now() + whole.deadline),
        size_left_(whole.body_size_max) {}

  // Sends `request` with what is left; `exhausted` if nothing is.
  policy::Result<platform::HttpResponse> Send(platform::HttpRequest request);

 private:
  platform::HttpClient& client_;
  std::chrono::steady_clock::time_point deadline_;
  std::size_t size_left_;
};

}  // namespace agent::feeds

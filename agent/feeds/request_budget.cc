#include "agent/feeds/request_budget.h"

#include <utility>

namespace agent::feeds {

using policy::ErrorCode;
using policy::Fail;

policy::Result<platform::HttpResponse> RequestBudget::Send(platform::HttpRequest request) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline_ - std::chrono::steady_clock::now());
  if (left.count() <= 0) {
    return Fail(ErrorCode::exhausted,
                "the deadline has passed before all requests were made: raise the source's");
  }
  request.deadline = left;
  request.body_size_max = size_left_;
  auto response = client_.Send(request);
  if (response) size_left_ -= response->body.size();
  return response;
}

}  // namespace agent::feeds

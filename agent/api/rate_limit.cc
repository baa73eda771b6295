#include "agent/api/rate_limit.h"

#include <algorithm>
#include <cmath>

namespace agent::api {

policy::Result<void> RateLimit::Take(const std::string& caller) {
  const auto now = clock_.SteadyNow();
  const std::lock_guard lock(mutex_);
  Bucket& bucket = buckets_.try_emplace(caller, Bucket{burst_, now}).first->second;
  const std::chrono::duration<double> passed = now - bucket.at;
  bucket = {std::min(burst_, bucket.left + passed.count() * per_second_), now};
  if (bucket.left < 1) {
    const double wait = std::ceil((1 - bucket.left) / per_second_);
    return policy::Fail(
        policy::ErrorCode::exhausted,
        caller + " calls too often; try again in " + std::to_string(static_cast<int>(wait)) + " s");
  }
  bucket.left -= 1;
  return {};
}

}  // namespace agent::api

#include "agent/notify/post.h"

#include <utility>

#include "platform/atomic_file.h"

namespace agent::notify {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::size_t secret_size_max = 4096;
constexpr std::size_t answer_size_max = 64 * 1024;  // nobody reads it
constexpr std::chrono::seconds deadline{30};

// The client says "URL: what is wrong"; no URL has a blank.
std::string WithoutUrl(const std::string& detail) {
  const auto end = detail.find(": ");
  return end == detail.npos ? "the request failed" : detail.substr(end + 2);
}

}  // namespace

Result<std::string> ReadSecret(const std::filesystem::path& file) {
  auto text = platform::ReadFile(file, secret_size_max);
  if (!text) return tl::unexpected(text.error());
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
  if (text->empty() || text->find('\n') != text->npos) {
    return Fail(ErrorCode::malformed_input, file.string() + " has to have one line, the secret");
  }
  return text;
}

Result<void> Post(platform::HttpClient& client, JsonPost post) {
  const bool is_plain = post.url.starts_with("http://");
  if ((!is_plain && !post.url.starts_with("https://")) ||
      post.url.find_first_of(" \t") != post.url.npos) {
    return Fail(ErrorCode::malformed_input, "the receiver has to be an https URL and nothing else");
  }
  if (is_plain && !post.allow_private) {
    return Fail(ErrorCode::not_allowed, "a receiver over plain http takes allow_private");
  }
  platform::HttpRequest request;
  request.url = std::move(post.url);
  request.redirects_max = 0;  // what answers there may be anybody, such as a page to log in
  request.method = platform::HttpMethod::post;
  request.body = std::move(post.body);
  request.content_type = "application/json";
  request.headers = std::move(post.headers);
  request.deadline = deadline;
  request.body_size_max = answer_size_max;
  request.allow_private_addresses = post.allow_private;
  request.ca_file = std::move(post.ca_file);
  request.stop = std::move(post.stop);
  const auto answer = client.Send(request);
  if (!answer) return Fail(answer.error().code, WithoutUrl(answer.error().detail));
  if (answer->status >= 200 && answer->status < 300) return {};
  return Fail(ErrorCode::unavailable, "the receiver answers " + std::to_string(answer->status));
}

}  // namespace agent::notify

#include "agent/feeds/url_secrets.h"

#include <algorithm>

#include "policy/ascii.h"

namespace agent::feeds {
namespace {

constexpr std::string_view hidden = "***";
constexpr std::size_t key_size_min = 32;    // abuse.ch's have 48, an MD5 in hexadecimal 32
constexpr std::size_t secret_size_min = 6;  // to be looked for in any text

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  if (from.empty()) return;
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

bool LooksLikeKey(std::string_view part) {
  return part.size() >= key_size_min && std::all_of(part.begin(), part.end(), [](char c) {
           return policy::IsLetter(c) || policy::IsDigit(c);
         });
}

// The part of `text` up to one of `ends`; takes it off, and the end with it, which goes to `end`.
std::string_view TakeUntil(std::string_view& text, std::string_view ends, std::string& end) {
  const std::size_t at = std::min(text.find_first_of(ends), text.size());
  const std::string_view part = text.substr(0, at);
  end = text.substr(at, 1);
  text.remove_prefix(std::min(at + 1, text.size()));
  return part;
}

}  // namespace

UrlSecrets::UrlSecrets(std::string_view url, const std::vector<std::string>& substituted)
    : url_(url) {
  Scan(url);
  for (const std::string& value : substituted) {
    ReplaceAll(shown_url_, value, hidden);
    secrets_.push_back(value);
  }
  std::erase_if(secrets_, [](const auto& secret) { return secret.size() < secret_size_min; });
  // One may be a part of another.
  std::sort(secrets_.begin(), secrets_.end(),
            [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

std::string UrlSecrets::Hide(std::string text) const {
  ReplaceAll(text, url_, shown_url_);
  for (const std::string& secret : secrets_) ReplaceAll(text, secret, hidden);
  return text;
}

void UrlSecrets::Scan(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != url.npos) {
    shown_url_ += url.substr(0, scheme + 3);
    url.remove_prefix(scheme + 3);
    const std::size_t end = std::min(url.find_first_of("/?#"), url.size());
    ScanAuthority(url.substr(0, end));
    url.remove_prefix(end);
  }
  const std::size_t end = std::min(url.find_first_of("?#"), url.size());
  ScanPath(url.substr(0, end));
  ScanParameters(url.substr(end));
}

void UrlSecrets::ScanAuthority(std::string_view authority) {
  const std::size_t at = authority.rfind('@');
  if (at != authority.npos) {
    const std::string_view user = authority.substr(0, at);
    const std::size_t colon = user.find(':');
    if (colon != user.npos) secrets_.emplace_back(user.substr(colon + 1));
    HidePart(user);
    authority.remove_prefix(at);
  }
  shown_url_ += authority;
}

void UrlSecrets::ScanPath(std::string_view path) {
  std::string slash;
  while (!path.empty()) {
    const std::string_view part = TakeUntil(path, "/", slash);
    if (LooksLikeKey(part)) {
      HidePart(part);
    } else {
      shown_url_ += part;
    }
    shown_url_ += slash;
  }
}

// From the "?" or the "#" on. A parameter without "=" is a value as a whole.
void UrlSecrets::ScanParameters(std::string_view parameters) {
  std::string end;
  while (!parameters.empty()) {
    const std::string_view part = TakeUntil(parameters, "?&;#", end);
    const std::size_t equals = part.find('=');
    const std::size_t value = equals == part.npos ? 0 : equals + 1;
    shown_url_ += part.substr(0, value);
    if (value < part.size()) HidePart(part.substr(value));
    shown_url_ += end;
  }
}

void UrlSecrets::HidePart(std::string_view part) {
  shown_url_ += hidden;
  secrets_.emplace_back(part);
}

}  // namespace agent::feeds

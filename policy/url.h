#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "policy/domain.h"
#include "policy/ip_prefix.h"
#include "policy/result.h"

namespace policy {

// An http or https URL normalised as the WHATWG URL Standard does (https://url.spec.whatwg.org/),
// and further: the fragment is dropped, since no proxy sees it; percent-encoded unreserved
// characters are decoded and percent-escapes are upper case (RFC 3986, 6.2.2); userinfo is
// refused, since it hides the real host from people. The host is a Domain, hence without a trailing
// dot, or an address; the whole has at most 8192 octets. What is left is printable ASCII without
// space, quote ("), "<", ">" and "#"; a "\" can remain in the query only.
class Url {
 public:
  using Host = std::variant<Domain, IpPrefix>;  // the IpPrefix is always a single address

  static Result<Url> Parse(std::string_view text);

  const std::string& text() const { return text_; }  // the whole URL, canonical
  const Host& host() const { return host_; }
  std::string_view scheme() const { return std::string_view(text_).substr(0, scheme_size_); }
  std::uint16_t port() const { return port_; }  // the effective one: 80 or 443 when not written
  // Path and query, from its "/".
  std::string_view path() const { return std::string_view(text_).substr(path_at_); }

  friend auto operator<=>(const Url& a, const Url& b) { return a.text_ <=> b.text_; }
  friend bool operator==(const Url& a, const Url& b) { return a.text_ == b.text_; }

 private:
  Url(std::string text, Host host, std::uint16_t port, std::size_t scheme_size, std::size_t path_at)
      : text_(std::move(text)),
        host_(std::move(host)),
        scheme_size_(static_cast<std::uint32_t>(scheme_size)),
        path_at_(static_cast<std::uint32_t>(path_at)),
        port_(port) {}
  std::string text_;
  Host host_;
  std::uint32_t scheme_size_;
  std::uint32_t path_at_;
  std::uint16_t port_;
};

}  // namespace policy

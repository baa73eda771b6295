#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace agent::feeds {

// Keeps keys that stand in a source's URL out of sight: of people, logs and the history, which live
// longer than keys. What may be one is the user and password, each parameter's value, the
// fragment, a part of the path of 32 or more letters and digits, and whatever `${NAME}` of the
// configuration put in. Immutable.
class UrlSecrets {
 public:
  UrlSecrets() = default;
  // `substituted` are the values that ${NAME} stood for in `url`.
  UrlSecrets(std::string_view url, const std::vector<std::string>& substituted);

  // The URL with "***" in place of each.
  const std::string& shown_url() const { return shown_url_; }

  // The same for a text that may quote the URL or parts of it. Values of less than 6 bytes are
  // hidden within the whole URL only: they are no keys, and stand in any text.
  std::string Hide(std::string text) const;

 private:
  void Scan(std::string_view url);
  void ScanAuthority(std::string_view authority);
  void ScanPath(std::string_view path);
  void ScanParameters(std::string_view parameters);
  void HidePart(std::string_view part);

  std::string url_;
  std::string shown_url_;
  std::vector<std::string> secrets_;  // longest first
};

}  // namespace agent::feeds

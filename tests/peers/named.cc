#include "tests/peers/named.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "platform/file_descriptor.h"
#include "tests/peers/peers.h"

namespace peers {
namespace {

namespace fs = std::filesystem;
using platform::FileDescriptor;

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

void Write(const fs::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

std::string RequirePeer(const std::string& name) {
  const auto path = Find(name);
  if (!path) throw std::runtime_error("there is named, but no " + name);
  return path->string();
}

}  // namespace

std::unique_ptr<Named> Named::Start() {
  const auto program = Find("named");
  if (!program) return nullptr;
  // Another process may take a free port first: then the next try gets others.
  for (int attempt = 0;; ++attempt) {
    std::unique_ptr<Named> named(new Named(*program, FreePort(), FreePort()));
    named->WriteFiles();
    try {
      named->Launch();
      return named;
    } catch (const std::runtime_error&) {
      if (attempt == 2) throw;
    }
  }
}

Named::Named(fs::path program, std::uint16_t port, std::uint16_t control_port)
    : program_(std::move(program)), port_(port), control_port_(control_port) {}

Named::~Named() {
  Kill();
}

void Named::WriteFiles() {
  const std::string folder = folder_.path().string();
  Write(key_file(),
        "key \"sekisho\" {\n  algorithm hmac-sha256;\n"
        "  secret \"c2VraXNobyB0ZXN0IGtleSwgbm90IGEgc2VjcmV0ISE=\";\n};\n");
  Write(zone_file(),
        "$TTL 60\n@ SOA localhost. hostmaster.localhost. 1 60 30 3024000 60\n@ NS localhost.\n");
  Write(folder_ / "root.zone",
        "$TTL 60\n. SOA ns. ns. 1 60 60 60 60\n. NS ns.\nns. A 127.0.0.1\n* A 198.51.100.9\n"
        "v4.answer.test. A 192.0.2.1\nv6.answer.test. AAAA 2001:db8::1\n"
        // Wildcards end where other names begin (RFC 4592).
        "*.test. A 198.51.100.9\n");
  Write(
      folder_ / "named.conf",
      "include \"" + key_file().string() + "\";\ncontrols { inet 127.0.0.1 port " +
          std::to_string(control_port_) +
          " allow { 127.0.0.1; } keys { sekisho; }; };\n"
          "options {\n  directory \"" +
          folder + "\";\n  pid-file none; session-keyfile none;\n  listen-on port " +
          std::to_string(port_) +
          " { 127.0.0.1; }; listen-on-v6 { none; };\n"
          "  recursion yes; dnssec-validation no; notify no; ixfr-from-differences no;\n"
          "  response-policy { zone \"rpz.test\"; } min-update-interval 0 qname-wait-recurse no;\n"
          "};\n"
          "zone \".\" { type primary; file \"root.zone\"; };\n"
          "zone \"rpz.test\" {\n  type primary; file \"rpz.test.zone\";\n"
          "  update-policy { grant sekisho zonesub ANY; };\n};\n"
          "logging {\n  channel log { file \"named.log\"; severity info; print-category yes; };\n"
          "  category default { log; }; category rpz { log; }; category rpz-passthru { log; };\n"
          "};\n");
}

void Named::Launch() {
  platform::ChildOptions options;
  options.output_file = folder_ / "named.out";
  auto child = platform::ChildProcess::Start(
      {program_.string(), "-f", "-n", "2", "-c", (folder_ / "named.conf").string()}, options);
  if (!child) throw std::runtime_error(child.error().detail);
  process_.emplace(std::move(*child));
  for (int attempt = 0; attempt < 600; ++attempt) {
    if (Answers()) return;
    if (!process_->Running()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  process_.reset();
  throw std::runtime_error("named did not start: " + Log());
}

// Whether the port takes connections; named opens it once its zones are loaded.
bool Named::Answers() const {
  const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
  const sockaddr_in address = Loopback(port_);
  return connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
         Short("ns.", "A") == "127.0.0.1\n";
}

std::string Named::ExporterSettings(const std::string& more) const {
  const std::string address = "127.0.0.1:" + std::to_string(port_);
  return "zone: rpz.test\nprimary: " + address + "\nresolver: " + address +
         "\nzone_file: " + zone_file().string() + "\ntsig_key_file: " + key_file().string() +
         "\nnamed_checkzone: " + RequirePeer("named-checkzone") +
         "\nrndc:\n  program: " + RequirePeer("rndc") +
         "\n  address: 127.0.0.1:" + std::to_string(control_port_) + "\n" + more;
}

void Named::Kill() {
  if (process_) process_->Terminate(std::chrono::milliseconds(0));
  process_.reset();
}

void Named::Restart() {
  Kill();
  Launch();
}

std::string Named::Dig(const std::vector<std::string>& arguments) const {
  std::vector<std::string> argv{RequirePeer("dig"),    "@127.0.0.1", "-p",
                                std::to_string(port_), "+tries=1",   "+time=5"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const auto output = platform::Run(argv, {});
  return output && output->exit_code == 0 ? output->out : "";
}

std::string Named::Status(const std::string& name, const std::string& type) const {
  const std::string text = Dig({name, type});
  constexpr const char* label = "status: ";
  const std::size_t at = text.find(label);
  if (at == std::string::npos) return "";
  const std::string rest = text.substr(at + std::char_traits<char>::length(label));
  return rest.substr(0, rest.find(','));
}

std::string Named::Short(const std::string& name, const std::string& type) const {
  return Dig({"+short", name, type});
}

bool Named::Update(const std::string& commands) const {
  platform::RunOptions options;
  options.input =
      "server 127.0.0.1 " + std::to_string(port_) + "\nzone rpz.test\n" + commands + "\nsend\n";
  const auto output = platform::Run({RequirePeer("nsupdate"), "-k", key_file().string()}, options);
  return output && output->exit_code == 0;
}

std::string Named::Rndc() const {
  return RequirePeer("rndc") + " -k " + key_file().string() + " -s 127.0.0.1 -p " +
         std::to_string(control_port_);
}

std::string Named::Log() const {
  std::ostringstream text;
  for (const char* name : {"named.log", "named.out"}) {
    if (std::ifstream file{folder_ / name}) text << file.rdbuf();
  }
  return text.str();
}

}  // namespace peers

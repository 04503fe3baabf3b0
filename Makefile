# make run    everything from a fresh Debian 12 with a Swift toolchain to handwriting recognized live in this terminal
# make test   everything from a fresh Debian 12 with a Swift toolchain to a tested build
# make install, make uninstall    PREFIX=/usr/local, DESTDIR=
# make deb    a Debian package in build/ that needs no Swift where it is installed

BUILD_PACKAGES = libopenblas-dev libzmq3-dev zlib1g-dev libsqlite3-dev libxml2-dev libcurl4-openssl-dev libsystemd-dev \
                 libx11-dev libxext-dev libxtst-dev
TEST_PACKAGES  = python3 python3-venv python3-zmq python3-protobuf python3-websockets protobuf-compiler chromium wrk nodejs node-ws postgresql openmpi-bin iproute2 \
                 ibus ibus-gtk3 python3-gi gir1.2-gtk-3.0 gir1.2-ibus-1.0 python3-pyqt5 xvfb xdotool sway wtype fonts-dejavu-core xournalpp poppler-utils \
                 systemd-container dbus curl gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
CLUSTER_PACKAGES = slurm-wlm munge
# With what Debian does not have.
TEST_PYTHON = $(CURDIR)/.build/python/bin/python3
export DUCTUS_PYTHON = $(TEST_PYTHON)
# SwiftPM passes some flags in an order that depends on hashing: without this SwiftProtobuf is compiled anew by every build.
export SWIFT_DETERMINISTIC_HASHING = 1
SUDO           = $(if $(filter 0,$(shell id -u)),,sudo)
BUILD          = .build/release
PREFIX         = /usr/local
DESTDIR        =
VERSION        = $(shell sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/Daemon/Server/*.swift)
# Its own folder: every object differs when the Swift runtime is linked in.
STATIC_BUILD   = .build/static

.PHONY: build run test lint test-cluster test-keyboard test-tablet test-data test-package examples imports documentation sanitize sanitize-some fuzz fuzz-coverage fixtures clean packages test-packages swift \
        install uninstall deb debian-root accuracy

# Product by product: `swift build` alone also compiles the protoc of SwiftProtobuf's plug-in, 600 files of C++ that nothing here uses.
PRODUCT = swift build -c release --product
TESTS   = ductusPackageTests

build: packages swift
	$(PRODUCT) ductusd
	$(PRODUCT) ductus

run: build
	@packaging/run $(BUILD)

# In continuous integration a test that is skipped fails the run (Tests/unskipped).
RUN_TESTS = Tests/unskipped swift test -c release --skip-build

test: build test-packages
	$(PRODUCT) $(TESTS)
	$(if $(CI),@$(MAKE) --no-print-directory lint imports examples)
	$(RUN_TESTS) --skip SystemTests
	@$(MAKE) --no-print-directory sanitize-some
	$(RUN_TESTS) --filter SystemTests --skip PackageTests --no-parallel
	@if [ "$$(id -u)" = 0 ] && [ -c /dev/net/tun ] && ip netns add ductus-probe 2>/dev/null; then ip netns del ductus-probe; $(CELL_ROUNDS); \
	else echo "Tests/cluster/run.py is left out: it needs root and network namespaces" >&2; fi

# Two rounds of test-cluster; on a busy machine slots may be taken late.
CELL_ROUNDS = Tests/cluster/run.py --rounds 2 --only kill drain --pens 6 --writers 3 --seconds 20 --take-over 25

# The rules of .swift-format.
lint: swift
	swift format lint --strict --parallel --recursive Sources Tests Examples/Sources Package.swift Examples/Package.swift

# Refuses imports that a target does not name. It looks at what was built before, and compiles nothing.
imports:
	$(PRODUCT) ductus --explicit-target-dependency-import-check error

# The tests of the Debian package, in a plain Debian 12.
test-package: deb debian-root test-packages
	$(PRODUCT) $(TESTS)
	$(RUN_TESTS) --filter PackageTests --no-parallel

# The tests that read the data sets, which are not part of the repository: make test-data DATA=FOLDER
DATA = ../shared/data

test-data: build test-packages
	DUCTUS_DATA="$(abspath $(DATA))" $(PRODUCT) $(TESTS)
	DUCTUS_DATA="$(abspath $(DATA))" $(RUN_TESTS) --no-parallel \
		--filter aDataSetIsReadWhole --filter realLinesHaveFramesLikeTheRecipe --filter everyRealRecordingReplays \
		--filter whatIsCorrectedIsTranscribedBetterTheNextTime --filter wordsAreNoGestures

# A package of its own that uses the library, with a build folder of its own: two root packages in one folder confuse the build system. Product
# by product, for the reason above.
EXAMPLES = swift build -c release --package-path Examples --scratch-path .build/examples --disable-automatic-resolution --product

examples: build
	@cp Package.resolved Examples/Package.resolved
	@touch Examples/Sources/*/*.swift  # they are not compiled anew where only a module that `Ductus` exports again has changed
	$(EXAMPLES) read-file
	$(EXAMPLES) read-pen
	$(EXAMPLES) learn
	$(EXAMPLES) talk-to-daemon
	@Examples/check .build/examples/release $(BUILD)

# The library's documentation as a web site in build/documentation.
SYMBOLS = swift-symbolgraph-extract -target $$(swift -print-target-info | sed -n 's/.*"triple": "\(.*\)",/\1/p' | head -n 1) \
          -minimum-access-level public -I $(BUILD)/Modules -Xcc -fmodule-map-file=$(BUILD)/CDuctusKernels.build/module.modulemap \
          -Xcc -fmodule-map-file=Sources/CZlib/module.modulemap -Xcc -fmodule-map-file=Sources/COpenBLAS/module.modulemap \
          $$(pkg-config --cflags-only-I openblas | sed 's/-I/-Xcc -I/g')

documentation: packages swift
	swift build -c release --target Ductus
	@mkdir -p build/symbols
	$(SYMBOLS) -module-name Ductus -output-dir build/symbols
	docc convert Sources/Library/Ductus/Ductus.docc --additional-symbol-graph-dir build/symbols --output-path build/documentation \
		--fallback-display-name Ductus --fallback-bundle-identifier ductus

# The unit suites under the address and the thread sanitizer, each in a build of its own.
SANITIZED = Foundations,Randomness,CKernels,Network,Ink,NoteIndex,Documents,Decoding,Recognition,Pages,Training,Adaptation,Library,Wire,Tablet,Transport,TransportZeroMQ,Streaming,Web,Daemon

# What make test has of it: the rooms that manage memory by hand.
BY_HAND = CKernels,Network,Decoding

sanitize: packages swift
	$(call sanitized,address,$(SANITIZED))
	$(call sanitized,thread,$(SANITIZED))

sanitize-some: packages swift
	$(call sanitized,address,$(BY_HAND))

# Of the C functions, the large kernels compile three times as fast where each check is a call.
CHECKS_ARE_CALLS = -Xcc -mllvm -Xcc -asan-instrumentation-with-call-threshold=0

define sanitized
DUCTUS_TESTS=$(2) DUCTUS_SANITIZER=$(1) swift build -c release --sanitize=$(1) --scratch-path .build/$(1) --product $(TESTS) \
	$(if $(filter address,$(1)),$(CHECKS_ARE_CALLS))
DUCTUS_TESTS=$(2) DUCTUS_SANITIZER=$(1) Tests/sanitized swift test -c release --sanitize=$(1) --scratch-path .build/$(1) --skip-build
endef

# All that is checked of the keyboard in a desktop of its own; make test has some of these.
KEYBOARD = entry view qt chromium keys choose choose_click choose_chromium rewrite password pin hidden password_qt password_chromium pin_chromium between_chromium \
           killed component guardian restart gestures gestures_chromium early leave ink sway self_test hold hundred wakeups

test-keyboard: build test-packages
	@for check in $(KEYBOARD); do echo "== $$check"; \
		/usr/bin/python3 Tests/SystemTests/Keyboard/keyboard_check.py --build $(CURDIR)/$(BUILD) $$check || exit 1; done

# The keyboard with a tablet of the kernel's own, in a virtual machine: it is taken from everybody else while it writes. Needs root.
test-tablet: build test-packages
	@$(call install,qemu-system-x86 kmod cpio busybox-static)
	$(SUDO) Tests/SystemTests/Keyboard/virtual_machine.py /usr/bin/python3 Tests/SystemTests/Keyboard/keyboard_check.py --build $(CURDIR)/$(BUILD) tablet

# Disturbs a cell in network namespaces, round after round; then trains on several ranks, runs the examples for Slurm, and reads an
# archive with workers that are killed; docs/scale.md. Needs root.
ROUNDS = 100

test-cluster: build test-packages
	@$(call install,$(CLUSTER_PACKAGES))
	$(SUDO) Tests/cluster/run.py --rounds $(ROUNDS) --seed $(SEED)
	$(SUDO) Tests/cluster/training.py
	$(SUDO) Tests/cluster/slurm.py
	$(SUDO) Tests/cluster/archive.py --seed $(SEED)

# Feeds every decoder with changed inputs; docs/security.md.
INPUTS = 1000000
SEED   = 1
FUZZ   = DUCTUS_FUZZ_INPUTS=$(INPUTS) DUCTUS_FUZZ_SEED=$(SEED) swift test -c release --skip-build --filter FuzzTests
COVER  = --scratch-path .build/coverage --enable-code-coverage

fuzz: packages swift
	$(PRODUCT) $(TESTS)
	$(FUZZ)

fuzz-coverage: packages swift
	$(PRODUCT) $(TESTS) $(COVER)
	$(FUZZ) $(COVER)
	Tests/FuzzTests/coverage .build/coverage

# Writes the committed recordings and their expected finals anew: after another model, or other scenes in Tests/SystemTests/Replay.
fixtures: build
	$(PRODUCT) $(TESTS)
	DUCTUS_WRITE_FIXTURES=1 swift test -c release --skip-build --filter FixtureFilesTests

# Trains a model on IAM-OnDB from scratch and measures it, for docs/measurements/accuracy.md. Needs the data; see the script.
accuracy: build
	Benchmarks/accuracy.sh

install: build
	packaging/stage $(BUILD) "$(DESTDIR)" "$(PREFIX)"
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemd-sysusers; systemd-tmpfiles --create ductus.conf; systemctl daemon-reload; fi
	@echo "Installed. Start it with: systemctl enable --now ductusd"

uninstall:
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl disable --now ductusd || true; fi
	packaging/unstage "$(DESTDIR)" "$(PREFIX)"

deb: packages swift
	@$(call install,dpkg-dev binutils)
	swift build -c release --scratch-path $(STATIC_BUILD) --static-swift-stdlib -Xlinker -lcurl --product ductusd
	swift build -c release --scratch-path $(STATIC_BUILD) --static-swift-stdlib -Xlinker -lcurl --product ductus
	packaging/build-deb $(STATIC_BUILD)/release $(VERSION) build

# A plain Debian 12, for the test of the package.
debian-root: build/debian-12/etc/debian_version

build/debian-12/etc/debian_version:
	@$(call install,debootstrap)
	mkdir -p build && $(SUDO) rm -rf build/debian-12.partial
	$(SUDO) debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus bookworm build/debian-12.partial http://deb.debian.org/debian >/dev/null
	$(SUDO) mv build/debian-12.partial build/debian-12

clean:
	rm -rf .build build

# Installs what is missing, and asks for root only then.
packages:
	@$(call install,$(BUILD_PACKAGES))

test-packages:
	@$(call install,$(TEST_PACKAGES))
	@$(TEST_PYTHON) -c 'import pylsl' 2>/dev/null || \
		{ /usr/bin/python3 -m venv --system-site-packages .build/python && $(TEST_PYTHON) -m pip install --quiet pylsl; }

swift:
	@command -v swift >/dev/null || { echo "No Swift toolchain found. Install Swift 6.1 or later (https://swift.org/install/linux) and try again." >&2; exit 1; }

define install
missing=$$(for package in $(1); do dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q '^install ok installed' || echo $$package; done); \
if [ -n "$$missing" ]; then \
	echo "Installing: $$(echo $$missing)"; \
	$(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
fi
endef

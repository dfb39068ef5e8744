//! A real browser: Chromium without a window, driven by `WebDriver`.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thirtyfour::common::capabilities::chromium::ChromiumLikeCapabilities;
use thirtyfour::error::WebDriverErrorInner;
use thirtyfour::prelude::*;

use super::process::{PATIENCE, Process, free_port};

pub struct Browser {
    pub page: WebDriver,
    // Ends with the browser's session.
    driver: Process,
}

impl Browser {
    /// Opens a browser with a profile of its own in `folder`.
    pub async fn open(folder: &Path) -> Self {
        Self::open_with(folder, json!({})).await
    }

    /// A browser whose owner has switched JavaScript off.
    pub async fn open_without_scripts(folder: &Path) -> Self {
        let off = json!({ "profile.managed_default_content_settings.javascript": 2 });
        Self::open_with(folder, off).await
    }

    async fn open_with(folder: &Path, preferences: Value) -> Self {
        let port = free_port();
        let mut command = Command::new("/usr/bin/chromedriver");
        command.arg(format!("--port={port}"));
        let mut driver = Process::start("chromedriver", folder, &mut command);
        let mut options = DesiredCapabilities::chrome();
        let profile = format!("--user-data-dir={}", folder.join("browser").display());
        for argument in [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--window-size=1280,900",
            profile.as_str(),
        ] {
            options.add_arg(argument).expect("an argument is text");
        }
        options
            .add_experimental_option("prefs", preferences)
            .expect("preferences are JSON");
        options.set_binary("/usr/bin/chromium").expect("a path is text");
        let since = Instant::now();
        loop {
            match WebDriver::new(format!("http://127.0.0.1:{port}"), options.clone()).await {
                Ok(page) => return Self { page, driver },
                Err(error) => assert!(since.elapsed() < PATIENCE, "no browser: {error}"),
            }
            driver.assert_alive();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits for the element and clicks it.
    pub async fn clicks(&self, css: &str) {
        let since = Instant::now();
        loop {
            let element = self.sees(css).await;
            let clicked = async {
                element.scroll_into_view().await?;
                element.click().await
            };
            match clicked.await {
                Ok(()) => return,
                // The page's script drew it anew between the look and the click, which hit nothing.
                Err(error)
                    if matches!(*error, WebDriverErrorInner::StaleElementReference(..))
                        && since.elapsed() < PATIENCE => {}
                Err(error) => panic!("{css}: {error}"),
            }
        }
    }

    pub async fn types(&self, css: &str, text: &str) {
        self.sees(css)
            .await
            .send_keys(text)
            .await
            .unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    pub async fn sees(&self, css: &str) -> WebElement {
        let found = self
            .page
            .query(By::Css(css))
            .wait(Duration::from_secs(20), Duration::from_millis(50))
            .first()
            .await;
        match found {
            Ok(element) => element,
            Err(error) => {
                let source = self.page.source().await.unwrap_or_default();
                panic!("{css}: {error}\n{}", source.split("<main").nth(1).unwrap_or_default())
            }
        }
    }

    pub async fn runs(&self, script: &str) {
        self.page
            .execute(script, vec![])
            .await
            .unwrap_or_else(|error| panic!("{script}: {error}"));
    }

    /// As when another tab covers the page, or no longer does.
    pub async fn seems(&self, sight: &str) {
        self.runs(&format!(
            "Object.defineProperty(document, 'visibilityState', {{ value: '{sight}', configurable: true }}); \
             document.dispatchEvent(new Event('visibilitychange'))"
        ))
        .await;
    }

    /// Waits until the expression holds on the page.
    pub async fn waits_for(&self, expression: &str) {
        let since = Instant::now();
        loop {
            let holds = self.page.execute(format!("return {expression}"), vec![]).await;
            if holds.unwrap_or_else(|error| panic!("{expression}: {error}")).json() == true {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "never holds: {expression}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Whether the page's paper is darker than its ink.
    pub async fn is_dark(&self) -> bool {
        let body = self.sees("body").await;
        let lightness = async |property: &str| {
            let colour = body.css_value(property).await.expect("a colour");
            // As Chromium says it: `oklch(0.985 0.006 85)`.
            let number = colour
                .split(['(', ' '])
                .nth(1)
                .and_then(|number| number.parse::<f64>().ok());
            number.unwrap_or_else(|| panic!("{property}: {colour}"))
        };
        lightness("background-color").await < lightness("color").await
    }

    /// Waits until the address has the path's beginning.
    pub async fn is_on(&self, path: &str) {
        let since = Instant::now();
        loop {
            let url = self.page.current_url().await.expect("the browser has an address");
            if url.path().starts_with(path) {
                return;
            }
            if since.elapsed() > PATIENCE {
                let page = self.sees("body").await.text().await.unwrap_or_default();
                panic!("is on {url} instead of {path}; there stands: {page}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn close(self) {
        // The last page's beacons go out beside it, and end with the browser.
        tokio::time::sleep(Duration::from_millis(300)).await;
        self.page.quit().await.expect("the browser closes");
        assert!(
            self.driver.stop().code().is_none_or(|code| code == 0),
            "the driver ends"
        );
    }
}

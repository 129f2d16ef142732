//! Where a configuration comes from: the file, the environment and the flags, the later of which wins.
//! Does not know the keys: `keys` does.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use super::{
    Config, DEFAULT_PATH,
    error::{Error, Place},
    file::File,
    keys,
    setting::{Setting, merge},
};

/// Variables that are no keys and have a meaning all the same: the filter of the daemon's own log,
/// and what builds and tests of nlmon use.
const OTHER_VARIABLES: [&str; 10] = [
    "NLMON_LOG",
    "NLMON_BLESS",
    "NLMON_BPF_OBJECT",
    "NLMON_LOAD",
    "NLMON_RATE",
    "NLMON_REVISION",
    "NLMON_STRESS",
    "NLMON_TEST_HOOKS",
    "NLMON_TOOLS",
    "NLMON_UPDATE_GOLDEN",
];

/// Where to read a configuration, as often as it is wanted.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The file that is to be there; with none the default one, which need not be.
    pub file: Option<PathBuf>,
    /// What the command line says.
    pub flags: Vec<Flag>,
    /// Names and values of the variables that begin with `NLMON_`.
    pub environment: Vec<(String, String)>,
}

/// A flag that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// With its hyphens.
    pub name: String,
    /// What it sets.
    pub key: String,
    /// To what.
    pub value: Text,
}

/// A value outside of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// All of it. If the key wants more than one, they are separated: items of a list by commas,
    /// entries of a table by spaces.
    Whole(String),
    /// Items of a list, or entries of a table.
    Parts(Vec<String>),
}

impl Source {
    /// The file with the environment of this process.
    pub fn new(file: Option<PathBuf>) -> Self {
        let text = |os: std::ffi::OsString| os.to_string_lossy().into_owned();
        let variables = env::vars_os().map(|(name, value)| (text(name), text(value)));
        let own = variables.filter(|(name, _)| name.starts_with(keys::PREFIX));
        Self { file, flags: Vec::new(), environment: own.collect() }
    }

    /// Reads the file, and puts the environment and the flags on top of it.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn read(&self) -> Result<Config, Error> {
        let mut settings = self.of_file()?;
        settings.extend(self.of_environment()?);
        for Flag { name, key, value } in &self.flags {
            settings.push(Setting::of_text(key, Place::Flag(name.clone()), value)?);
        }
        merge(settings)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.file.as_deref().unwrap_or(Path::new(DEFAULT_PATH))
    }

    fn of_file(&self) -> Result<Vec<Setting>, Error> {
        let path = self.path();
        match fs::read_to_string(path) {
            Ok(text) => File { path, text: &text }.settings(),
            Err(error) if self.file.is_none() && error.kind() == io::ErrorKind::NotFound => {
                Ok(Vec::new())
            }
            Err(source) => Err(Error::Read { path: path.to_owned(), source }),
        }
    }

    fn of_environment(&self) -> Result<Vec<Setting>, Error> {
        let is_key = |(name, _): &&(String, String)| !OTHER_VARIABLES.contains(&name.as_str());
        let setting = |(name, value): &(String, String)| {
            let Some(key) = keys::all().iter().find(|key| keys::variable(key) == *name) else {
                let nearest = keys::nearest_variable(name);
                return Err(Error::UnknownVariable { name: name.clone(), nearest });
            };
            Setting::of_text(key, Place::Variable(name.clone()), &Text::Whole(value.clone()))
        };
        self.environment.iter().filter(is_key).map(setting).collect()
    }
}
